"""Backup and restore of a whole data folder, while no server holds it.

A backup is a ZIP archive: `manifest.json`, and a copy of each database. It is written beside its
place and then renamed, so that a half one never bears the name.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from pydantic import TypeAdapter, ValidationError

from cointracker import __version__
from cointracker.core.errors import BackupError, StorageError
from cointracker.features.backup.last_backup import note_backup
from cointracker.storage import archive, copying, opening

FORMAT, MANIFEST = 1, "manifest.json"
MANIFEST_MAX_BYTES, PIECE_BYTES = 1_000_000, 1 << 20
FOREIGN = "{path} is not a backup of CoinTracker: {why}"
BROKEN = "{path} is damaged: {why}; nothing was changed"


@dataclass(frozen=True)
class Copied:
    """A database in a backup: its file's name, its size and hash, the schema step it is at."""

    name: str
    bytes: int
    sha256: str
    step: int


@dataclass(frozen=True)
class Manifest:
    """What a backup holds and where it is from."""

    cointracker_backup: int
    version: str
    made_at: datetime
    files: tuple[Copied, ...]


@dataclass(frozen=True)
class Restored:
    """What a restore did: `aside` is where the files lie that were there, None if none were."""

    manifest: Manifest
    aside: Path | None


_MANIFESTS = TypeAdapter(Manifest)


def databases(folder: Path) -> list[Path]:
    """The database files of a data folder, by name."""
    return sorted(path for path in folder.glob("*.duckdb") if path.is_file())


def default_path(folder: Path, now: datetime) -> Path:
    """Where a backup goes that was given no path: `backups/` in the data folder."""
    return folder / copying.BACKUPS / f"cointracker-{copying.stamp(now)}.zip"


def backup(folder: Path, path: Path, now: datetime) -> Manifest:
    """Write all databases of `folder` into the new file `path`.

    Raises BackupError when there is nothing to back up or the file is there already, DatabaseBusy
    while a process holds one of the databases, and other StorageErrors.
    """
    paths = databases(folder)
    if not paths:
        raise BackupError(f"{folder} holds no database")
    if path.exists():
        raise BackupError(f"{path} is there already")
    with copying.made_whole(path) as unfinished, _room_beside(path) as room:
        copied = tuple(_copy(source, room / source.name) for source in paths)
        manifest = Manifest(FORMAT, __version__, now, copied)
        _pack(unfinished, room, manifest)
    with suppress(StorageError):  # a folder that cannot be written can be backed up all the same
        note_backup(folder)
    return manifest


def restore(folder: Path, path: Path, now: datetime, *, newest_step: int) -> Restored:
    """Put the databases of a backup into `folder`, after setting aside what is there.

    All of the backup is checked first. newest_step: of the schemas that this release knows. Raises
    BackupError for what is no whole backup of ours, DatabaseBusy while a process holds a database
    of the folder, and other StorageErrors; then everything is as it was.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for present in databases(folder):
        archive.must_be_free(present)
    with _room_beside(folder / "restore") as room:
        manifest = _unpack(path, room, newest_step)
        aside = folder / f"before-restore-{copying.stamp(now)}"
        is_aside = _exchange(folder, aside, [room / copied.name for copied in manifest.files])
    return Restored(manifest, aside if is_aside else None)


@contextmanager
def _room_beside(path: Path) -> Iterator[Path]:
    """A folder on the same disk, gone at the end."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f"{path.name}.", dir=path.parent) as room:
            yield Path(room)
    except OSError as exc:
        raise opening.os_failure(path, exc) from exc


def _copy(source: Path, target: Path) -> Copied:
    archive.copy_closed(source, target)
    with target.open("rb") as file:
        hashed = hashlib.file_digest(file, "sha256").hexdigest()
    return Copied(source.name, target.stat().st_size, hashed, archive.step(target))


def _pack(path: Path, room: Path, manifest: Manifest) -> None:
    """Not compressed: DuckDB has done that, and there is little left to gain."""
    with zipfile.ZipFile(path, "x", zipfile.ZIP_STORED) as packed:
        text = json.dumps(asdict(manifest), indent=1, default=datetime.isoformat)
        packed.writestr(MANIFEST, text)
        for copied in manifest.files:
            packed.write(room / copied.name, copied.name)


def _unpack(path: Path, room: Path, newest_step: int) -> Manifest:
    """The databases of a backup, checked, in `room`."""
    try:
        with _opened(path) as file, zipfile.ZipFile(file) as packed:
            manifest = _manifest(path, packed)
            for copied in manifest.files:
                _take_out(path, packed, copied, room, newest_step)
            return manifest
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as exc:
        raise BackupError(FOREIGN.format(path=path, why=exc)) from exc


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as exc:
        raise BackupError(f"{path}: {exc.strerror}") from exc


def _manifest(path: Path, packed: zipfile.ZipFile) -> Manifest:
    if MANIFEST not in packed.namelist():
        raise BackupError(FOREIGN.format(path=path, why=f"no {MANIFEST} in it"))
    with packed.open(MANIFEST) as file:
        content = file.read(MANIFEST_MAX_BYTES)
    try:
        manifest = _MANIFESTS.validate_json(content)
    except ValidationError as exc:
        raise BackupError(FOREIGN.format(path=path, why=f"{MANIFEST} tells another")) from exc
    if manifest.cointracker_backup > FORMAT:
        raise BackupError(f"{path} is of the newer release {manifest.version}; restore it there")
    names = [copied.name for copied in manifest.files]
    if not names or len(set(names)) < len(names) or not all(map(_is_plain, names)):
        raise BackupError(FOREIGN.format(path=path, why="its files are not ours"))
    return manifest


def _is_plain(name: str) -> bool:
    """Whether a name is that of a database in the folder itself."""
    return Path(name).name == name and "\\" not in name and name.endswith(".duckdb")


def _take_out(
    path: Path, packed: zipfile.ZipFile, copied: Copied, room: Path, newest_step: int
) -> None:
    if copied.name not in packed.namelist():
        raise BackupError(BROKEN.format(path=path, why=f"{copied.name} is missing"))
    target = room / copied.name
    try:
        with packed.open(copied.name) as source, target.open("xb") as file:
            hashed = _write(source, file, copied.bytes)
        copying.to_disk(target)
    except zipfile.BadZipFile as exc:
        raise BackupError(BROKEN.format(path=path, why=exc)) from exc
    if hashed != copied.sha256:
        raise BackupError(BROKEN.format(path=path, why=f"{copied.name} is not what it was"))
    _must_open(path, target, newest_step)


def _write(source: IO[bytes], target: IO[bytes], most_bytes: int) -> str:
    """Copy up to a byte more than there should be; the hash of it."""
    hashed, left = hashlib.sha256(), most_bytes + 1
    while left and (piece := source.read(min(left, PIECE_BYTES))):
        hashed.update(piece)
        target.write(piece)
        left -= len(piece)
    return hashed.hexdigest()


def _must_open(path: Path, target: Path, newest_step: int) -> None:
    try:
        step = archive.step(target)
    except StorageError as exc:
        raise BackupError(BROKEN.format(path=path, why=f"{target.name} does not open")) from exc
    if not step:
        raise BackupError(FOREIGN.format(path=path, why=f"{target.name} is not ours"))
    if step > newest_step:
        raise BackupError(f"{path} is of a newer release (schema step {step}); restore it there")


def _exchange(folder: Path, aside: Path, restored: Sequence[Path]) -> bool:
    """Move what is there aside and what was restored in; whether there was anything.

    When a move fails, those before it are taken back.
    """
    present = sorted(folder.glob("*.duckdb")) + sorted(folder.glob("*.duckdb.*"))
    moves = [(path, aside / path.name) for path in present]
    moves += [(path, folder / path.name) for path in restored]
    done: list[tuple[Path, Path]] = []
    try:
        if present:
            aside.mkdir()
        for source, target in moves:
            source.rename(target)
            done.append((source, target))
        copying.to_disk(folder)
    except OSError as exc:
        for source, target in reversed(done):
            target.rename(source)
        raise opening.os_failure(folder, exc) from exc
    return bool(present)

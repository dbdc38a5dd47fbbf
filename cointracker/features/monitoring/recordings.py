"""Recorded bodies of `/coins/markets`, found in files, folders and tar archives."""

from __future__ import annotations

import hashlib
import json
import lzma
import re
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cointracker.core.errors import RecordingError

NAMED_AT = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:T(\d\d)(\d\d)?(\d\d)?)?")
ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
CHUNK_BYTES = 64 * 1024


@dataclass(frozen=True)
class Capture:
    """One recorded body and the instant at which it was captured (UTC)."""

    name: str
    captured_at: datetime
    body: bytes


def captures(path: Path) -> list[Capture]:
    """The captures under a file, a folder or an archive, oldest first, each body once.

    The instant is the one in the file's name (`2023-03-20T000851Z…json`); where the name holds a
    date alone, the newest `last_updated` in the body. Raises RecordingError when there are none,
    or when a file has neither.
    """
    by_name: dict[str, Capture] = {}
    for name, body in sorted(_bodies(path), key=lambda item: -len(item[0])):
        by_name.setdefault(hashlib.sha256(body).hexdigest(), _capture(name, body))
    if not by_name:
        raise RecordingError(f"{path}: no .json capture in it")
    return sorted(by_name.values(), key=lambda capture: (capture.captured_at, capture.name))


def _bodies(path: Path) -> Iterator[tuple[str, bytes]]:
    """Name and content of every JSON file under `path`, those in archives too."""
    if not path.exists():
        raise RecordingError(f"{path}: no such file or folder")
    if path.is_dir():
        for inner in sorted(path.iterdir()):
            yield from _bodies(inner)
    elif path.name.endswith(ARCHIVES):
        yield from _members(path)
    elif path.suffix == ".json":
        yield path.name, path.read_bytes()


def _members(path: Path) -> Iterator[tuple[str, bytes]]:
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                content = archive.extractfile(member) if member.name.endswith(".json") else None
                if content is not None:
                    yield Path(member.name).name, content.read()
            while archive.fileobj.read(CHUNK_BYTES):
                pass  # what the archive is checked by comes behind its last member
    except (tarfile.TarError, lzma.LZMAError, zlib.error, EOFError, OSError) as exc:
        raise RecordingError(f"{path}: the archive does not open: {exc}") from exc


def _capture(name: str, body: bytes) -> Capture:
    named = NAMED_AT.search(name)
    at = _instant(named) if named else None
    if named is None or at is None:
        raise RecordingError(f"{name}: the name holds no date such as 2023-03-20T000851Z")
    if not named.group(4):
        at = _newest_update(body) or at
    return Capture(name, at, body)


def _instant(named: re.Match[str]) -> datetime | None:
    """The instant that a name tells; None when there is no such day or time of day."""
    year, month, day, hour, minute, second = (int(part or 0) for part in named.groups())
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def _newest_update(body: bytes) -> datetime | None:
    """The newest `last_updated` in a markets body; None where there is none to be read."""
    try:
        rows = json.loads(body)
        texts = [row["last_updated"] for row in rows if row.get("last_updated")]
        instants = [datetime.fromisoformat(text) for text in texts]
        return max(at.replace(tzinfo=at.tzinfo or UTC) for at in instants).astimezone(UTC)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return None

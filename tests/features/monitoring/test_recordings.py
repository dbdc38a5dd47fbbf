"""Captures found in files, folders and archives."""

from __future__ import annotations

import io
import json
import random
import tarfile
import time
from datetime import UTC, datetime
from itertools import product

import pytest

from cointracker.core.errors import RecordingError
from cointracker.features.monitoring.recordings import captures

BODY = b'[{"id": "bitcoin", "last_updated": "2023-03-27T00:46:12.699Z"}]'
MODES = {"tar": "w", "tar.gz": "w:gz", "tgz": "w:gz", "tar.bz2": "w:bz2", "tar.xz": "w:xz"}


def archived(path, files, mode="w:xz"):
    """A tar archive at `path` of files, name to content."""
    with tarfile.open(path, mode) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def found(path):
    return [(capture.name, capture.captured_at) for capture in captures(path)]


@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("2023-03-20T000851Z_578288c6.json", datetime(2023, 3, 20, 0, 8, 51, tzinfo=UTC)),
        ("2021-06-24T0332Z_100c_somebody.json", datetime(2021, 6, 24, 3, 32, tzinfo=UTC)),
        ("2021-06-24T03.json", datetime(2021, 6, 24, 3, tzinfo=UTC)),
        ("markets-2024-02-29T235959.json", datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC)),
        # A date alone: the newest update in the body says when.
        ("2023-03-27.json", datetime(2023, 3, 27, 0, 46, 12, 699_000, tzinfo=UTC)),
    ],
)
def test_the_instant_in_the_name(tmp_path, name, at):
    (tmp_path / name).write_bytes(BODY)
    assert found(tmp_path / name) == [(name, at)]
    assert captures(tmp_path)[0].body == BODY


@pytest.mark.parametrize(
    ("rows", "at"),
    [
        (
            [
                {"last_updated": "2023-03-27T01:00:00Z"},
                {"last_updated": None},
                {},
                {"last_updated": "2023-03-27T05:00:00+02:00"},
                {"last_updated": "2023-03-27T02:00:00.5"},
            ],
            datetime(2023, 3, 27, 3, tzinfo=UTC),
        ),
        ([{"last_updated": "2023-03-27T02:00:00"}], datetime(2023, 3, 27, 2, tzinfo=UTC)),
        ([{"last_updated": "yesterday"}], datetime(2023, 3, 27, tzinfo=UTC)),
        ([{"last_updated": 17}], datetime(2023, 3, 27, tzinfo=UTC)),
        ([17], datetime(2023, 3, 27, tzinfo=UTC)),
        ([{"last_updated": "0001-01-01T00:00:00+14:00"}], datetime(2023, 3, 27, tzinfo=UTC)),
        ([], datetime(2023, 3, 27, tzinfo=UTC)),
        ({"status": {"error_code": 403}}, datetime(2023, 3, 27, tzinfo=UTC)),
        (None, datetime(2023, 3, 27, tzinfo=UTC)),
    ],
)
def test_a_date_alone_and_the_newest_update(tmp_path, rows, at):
    (tmp_path / "2023-03-27.json").write_text(json.dumps(rows))
    assert found(tmp_path) == [("2023-03-27.json", at)]


@pytest.mark.parametrize("body", [b"", b"<html>", b"[" * 100_000])
def test_a_date_alone_and_no_json(tmp_path, body):
    (tmp_path / "2023-03-27.json").write_bytes(body)
    assert found(tmp_path) == [("2023-03-27.json", datetime(2023, 3, 27, tzinfo=UTC))]


def test_instants_without_a_zone_are_utc_wherever_we_are(tmp_path, monkeypatch):
    (tmp_path / "2023-03-27.json").write_text('[{"last_updated": "2023-03-27T02:00:00"}]')
    monkeypatch.setenv("TZ", "Asia/Tehran")
    time.tzset()
    try:
        assert found(tmp_path)[0][1] == datetime(2023, 3, 27, 2, tzinfo=UTC)
    finally:
        monkeypatch.undo()
        time.tzset()


def test_oldest_first_wherever_they_lie(tmp_path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "2023-03-22T00Z.json").write_bytes(b"[2]")
    (tmp_path / "2023-03-23T00Z.json").write_bytes(b"[3]")
    (tmp_path / "README.md").write_text("no capture")
    files = {"deep/2023-03-24T00Z.json": b"[4]", "2023-03-21T00Z.json": b"[1]", "notes.txt": b"-"}
    archived(tmp_path / "more.tar.xz", files)
    assert [capture.body for capture in captures(tmp_path)] == [b"[1]", b"[2]", b"[3]", b"[4]"]


@pytest.mark.parametrize("ending", MODES)
def test_archives(tmp_path, ending):
    files = {"a/2023-03-20T000851Z_5.json": BODY}
    path = archived(tmp_path / f"raw.{ending}", files, MODES[ending])
    assert found(path) == [
        ("2023-03-20T000851Z_5.json", datetime(2023, 3, 20, 0, 8, 51, tzinfo=UTC))
    ]


def test_equal_bodies_count_once_under_the_name_that_tells_more(tmp_path):
    (tmp_path / "2023-03-27.json").write_bytes(BODY)
    archived(tmp_path / "raw.tar.xz", {"2023-03-27T005244Z_493a1299.json": BODY})
    assert found(tmp_path) == [
        ("2023-03-27T005244Z_493a1299.json", datetime(2023, 3, 27, 0, 52, 44, tzinfo=UTC))
    ]


def test_bodies_that_differ_at_one_instant_stay_two(tmp_path):
    (tmp_path / "2023-03-27T00Z_a.json").write_bytes(b"[1]")
    (tmp_path / "2023-03-27T00Z_b.json").write_bytes(b"[2]")
    assert [capture.body for capture in captures(tmp_path)] == [b"[1]", b"[2]"]


@pytest.mark.parametrize(
    "name",
    [
        "markets.json",
        "20230327.json",
        "2023-99-99.json",
        "2023-02-30T00Z.json",
        "2023-03-27T25Z.json",
    ],
)
def test_a_name_without_a_date(tmp_path, name):
    (tmp_path / name).write_bytes(BODY)
    with pytest.raises(RecordingError, match=name):
        captures(tmp_path)


def test_no_such_path(tmp_path):
    with pytest.raises(RecordingError, match="no such file or folder"):
        captures(tmp_path / "2023-03-27.tgz.missing")


@pytest.mark.parametrize("name", ["missing.json", "missing.tar"])
def test_no_such_capture(tmp_path, name):
    with pytest.raises(RecordingError, match=name):
        captures(tmp_path / name)


def test_nothing_in_it(tmp_path):
    (tmp_path / "README.md").write_text("no capture")
    for path in (tmp_path, tmp_path / "README.md", archived(tmp_path / "raw.tar.xz", {})):
        with pytest.raises(RecordingError, match=r"no \.json capture"):
            captures(path)


def noise(length):
    """Bytes that do not compress, the same in each run."""
    return random.Random(1).randbytes(length)


CONTENTS = {"noise": noise(50_000), "text": noise(50_000).hex().encode()}


DAMAGE = {
    "not one": lambda good: noise(5_000),
    "cut off": lambda good: good[: len(good) // 2],
    "blanked": lambda good: good[: len(good) // 2] + bytes(4_000) + good[len(good) // 2 + 4_000 :],
}


# A bare tar has no checksum of what is in it.
@pytest.mark.parametrize(
    ("ending", "damage"),
    [pair for pair in product(MODES, DAMAGE) if pair != ("tar", "blanked")],
)
@pytest.mark.parametrize("content", CONTENTS)
def test_broken_archives(tmp_path, ending, damage, content):
    files = {f"2023-03-27T0{hour}Z.json": CONTENTS[content] for hour in range(4)}
    path = archived(tmp_path / f"raw.{ending}", files, MODES[ending])
    path.write_bytes(DAMAGE[damage](path.read_bytes()))
    with pytest.raises(RecordingError, match="does not open"):
        captures(path)


def test_a_link_to_nothing_is_named(tmp_path):
    link = tmp_path / "2023-03-27.json"
    link.symlink_to(tmp_path / "gone")
    with pytest.raises(RecordingError, match=link.name):
        captures(tmp_path)

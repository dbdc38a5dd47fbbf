"""What is dear to build, built by the first of a run's processes that asks for it."""

from __future__ import annotations

import fcntl
from collections.abc import Callable
from pathlib import Path


def built_once(folder: Path, build: Callable[[Path], None]) -> Path:
    """`folder`, filled by `build` unless another process has filled it: only to be copied from."""
    folder.mkdir(exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.with_suffix(".done").exists():
            build(folder)
            folder.with_suffix(".done").touch()
    return folder

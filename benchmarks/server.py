"""A Streamlit script served in a process of its own, and reruns measured at its WebSocket."""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

ROOT = Path(__file__).parent.parent
START_SECONDS = 300


@dataclass(frozen=True)
class Served:
    """A server in a process of its own."""

    port: int
    pid: int

    def megabytes(self) -> float:
        """Its resident memory."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        (line,) = (line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024


@contextmanager
def serving(script: Path, env: Mapping[str, str], ready_path: str, *options: str) -> Iterator[int]:
    """The port of a server that runs `script` with the project's configuration and `options`."""
    with served(script, env, ready_path, *options) as server:
        yield server.port


@contextmanager
def served(
    script: Path, env: Mapping[str, str], ready_path: str, *options: str
) -> Iterator[Served]:
    """The server that runs `script`, until the block ends."""
    port = _free_port()
    streamlit = [sys.executable, "-m", "streamlit", "run"]
    command = [*streamlit, str(script), f"--server.port={port}", *options]
    process = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | dict(env), stdout=subprocess.DEVNULL
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}{ready_path}", process)
        yield Served(port, process.pid)
    finally:
        process.terminate()
        process.wait()


def rerun_milliseconds(port: int, runs: int) -> list[float]:
    """How long each of `runs` reruns took, from asking to the word that the script has ended."""
    address = f"ws://127.0.0.1:{port}/_stcore/stream"
    with connect(address, subprotocols=["streamlit"], max_size=None) as browser:  # type: ignore[list-item]
        for _ in range(3):
            _rerun(browser)
        return [_timed(browser) for _ in range(runs)]


def median(values: list[float]) -> float:
    """The middle value."""
    return statistics.median(values)


def _timed(browser: ClientConnection) -> float:
    began = time.perf_counter()
    _rerun(browser)
    return (time.perf_counter() - began) * 1000.0


def _rerun(browser: ClientConnection) -> None:
    ask = BackMsg()
    ask.rerun_script.query_string = ""
    browser.send(ask.SerializeToString())
    while True:
        answer = ForwardMsg()
        answer.ParseFromString(bytes(browser.recv(timeout=60)))  # type: ignore[arg-type]
        if answer.WhichOneof("type") == "script_finished":
            return


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ChildProcessError(f"the server ended with code {process.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise TimeoutError(f"{url} does not answer")

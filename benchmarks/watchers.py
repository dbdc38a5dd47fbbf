"""Readers of the ranking page without a browser: `python -m benchmarks.watchers PORT COUNT`.

Each speaks Streamlit's protocol: it opens the page, and then asks for the head of the page again
as often as the page tells it to, as a browser does. A line is printed when all have the page.
"""

from __future__ import annotations

import asyncio
import sys

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol


async def _watch(port: int, has_page: asyncio.Event) -> None:
    address = f"ws://127.0.0.1:{port}/_stcore/stream"
    async with connect(
        address, subprotocols=[Subprotocol("streamlit")], max_size=None, proxy=None
    ) as page:
        await _ask(page, "")
        repeating: dict[str, asyncio.Task[None]] = {}
        async for frame in page:
            message = ForwardMsg()
            message.ParseFromString(frame)  # type: ignore[arg-type]
            kind = message.WhichOneof("type")
            if kind == "auto_rerun":
                part, every = message.auto_rerun.fragment_id, message.auto_rerun.interval
                if part not in repeating:
                    repeating[part] = asyncio.create_task(_repeat(page, part, every))
            if kind == "script_finished":
                has_page.set()


async def _repeat(page: ClientConnection, part: str, every: float) -> None:
    while True:
        await asyncio.sleep(every)
        await _ask(page, part)


async def _ask(page: ClientConnection, part: str) -> None:
    message = BackMsg()
    message.rerun_script.query_string = ""
    message.rerun_script.fragment_id = part
    await page.send(message.SerializeToString())


async def _main(port: int, count: int) -> None:
    pages = [asyncio.Event() for _ in range(count)]
    tasks = [asyncio.create_task(_watch(port, page)) for page in pages]
    for page in pages:
        await page.wait()
    print("watching", flush=True)
    await asyncio.gather(*tasks)


if __name__ == "__main__":
    asyncio.run(_main(*(int(word) for word in sys.argv[1:])))

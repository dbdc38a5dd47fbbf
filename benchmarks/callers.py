"""Callers of the API in a process of their own: `python -m benchmarks.callers PORT COUNT SECONDS`.

Each asks again as soon as it has its answer, on a connection that stays. Prints the milliseconds
that each answer took, as one JSON list a path.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

PATHS = ("/api/health/", "/api/cryptocurrencies/", "/api/cryptocurrencies/?page_size=250")


async def _call(port: int, path: str, until: float) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    took = []
    while time.perf_counter() < until:
        began = time.perf_counter()
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        assert head.startswith("http/1.1 200"), head
        length = int(head.partition("content-length:")[2].split()[0])
        await reader.readexactly(length)
        took.append((time.perf_counter() - began) * 1000)
    writer.close()
    return took


async def _main(port: int, count: int, seconds: int) -> None:
    for path in PATHS:
        until = time.perf_counter() + seconds
        calls = await asyncio.gather(*(_call(port, path, until) for _ in range(count)))
        print(json.dumps([took for each in calls for took in each]), flush=True)


if __name__ == "__main__":
    asyncio.run(_main(*(int(word) for word in sys.argv[1:])))

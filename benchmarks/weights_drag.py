"""The weights page under a dragged handle: input event to painted frame, and release to all done.

A real Chromium drags a real handle over synthetic markets. A frame is taken as painted when the
first task after it runs (a message posted in requestAnimationFrame); what the compositor does
then, on threads of its own, is not in the figure. `work` is the event's own handler.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks.server import median, serving

SIZES = (100, 1_000, 10_000)
EVENTS = 90
RELEASED_AT = (0.3, 0.6) * 4
FRAME_MS = 1000 / 60
SETTLED = ".rows[data-bands=fresh]"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic"]
WATCH = """
() => {
  window.timed = [];
  let began = 0;
  addEventListener("input", () => { began = performance.now(); }, true);
  addEventListener("input", () => {
    const from = began, work = performance.now() - from, painted = new MessageChannel();
    painted.port1.onmessage = () => timed.push({ work, painted: performance.now() - from });
    requestAnimationFrame(() => painted.port2.postMessage(null));
  });
  window.settled = () => new Promise((done) => {
    addEventListener("pointerup", () => {
      const began = performance.now();
      const look = () => rows().dataset.bands === "fresh" ? done(performance.now() - began)
        : requestAnimationFrame(look);
      look();
    }, { once: true, capture: true });
  });
  const rows = () => [...document.querySelectorAll("*")]
    .map((node) => node.shadowRoot?.querySelector(".rows")).find(Boolean);
}
"""


def main() -> None:
    """Print the figures."""
    print(f"weights page, {EVENTS} events of a dragged handle and {len(RELEASED_AT)} releases, ms")
    print("  coins    work          painted       release")
    print("          median  worst  median  worst  median")
    page_file = Path(__file__).parent / "weights_page.py"
    options = ("--runner.postScriptGC=false",)
    with serving(page_file, {}, "/_stcore/health", *options) as port, sync_playwright() as runner:
        chromium = runner.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for coins in SIZES:
            page = chromium.new_page(viewport={"width": 1280, "height": 900})
            page.goto(f"http://127.0.0.1:{port}/?coins={coins}")
            page.wait_for_selector(SETTLED, timeout=60_000)
            page.wait_for_timeout(1500)
            page.evaluate(WATCH)
            work, painted = dragged(page)
            released = [release(page, share) for share in RELEASED_AT]
            print(
                f"  {coins:6,}  {median(work):6.1f} {max(work):6.1f}"
                f"  {median(painted):6.1f} {max(painted):6.1f}  {median(released):6.0f}"
                f"   {sum(t > FRAME_MS for t in painted)} of {len(painted)} beyond a frame"
            )
            page.close()


def dragged(page: Page) -> tuple[list[float], list[float]]:
    """Milliseconds of each event's handler, and from the event to the painted frame."""
    left, y, width = track(page)
    page.mouse.move(left + width * 0.25, y)
    page.mouse.down()
    for step in range(EVENTS + 1):
        there_and_back = abs((step / EVENTS * 2) % 2 - 1)
        page.mouse.move(left + width * (0.05 + 0.85 * there_and_back), y)
        page.wait_for_timeout(30)
    page.wait_for_timeout(300)
    timed = page.evaluate("timed")
    page.mouse.up()
    page.wait_for_timeout(1500)
    if len(timed) < 60:
        raise RuntimeError(f"only {len(timed)} events were seen")
    return [t["work"] for t in timed], [t["painted"] for t in timed]


def release(page: Page, share: float) -> float:
    """Milliseconds from letting the handle go at a share of its way to new bands on the page."""
    left, y, width = track(page)
    handle = page.locator("input[type=range]").first
    page.mouse.move(left + width * float(handle.input_value()) / 100, y)
    page.mouse.down()
    page.mouse.move(left + width * share, y, steps=3)
    page.evaluate("() => { window.release = settled(); }")
    page.mouse.up()
    milliseconds = float(page.evaluate("release"))
    page.wait_for_timeout(600)
    return milliseconds


def track(page: Page) -> tuple[float, float, float]:
    """Where the first handle's way begins, its height on the page, and its length."""
    box = page.locator("input[type=range]").first.bounding_box()
    if box is None:
        raise RuntimeError("the page has no slider")
    return box["x"] + 8, box["y"] + box["height"] / 2, box["width"] - 16


if __name__ == "__main__":
    main()

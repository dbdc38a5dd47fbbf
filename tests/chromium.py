"""The Chromium that tests draw pages with."""

from __future__ import annotations

import shutil

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first that is installed: the shell, without a window around the page, is the quickest."""


def executable() -> str | None:
    """The path of an installed Chromium; None leaves it to Playwright's own."""
    return next((path for path in map(shutil.which, NAMES) if path), None)

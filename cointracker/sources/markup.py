"""HTML from outside as plain text: what it says is kept, what it does is not."""

from __future__ import annotations

import html
import re

import nh3

from cointracker.sources.base import readable

SILENT = {"iframe", "math", "noscript", "object", "script", "style", "svg", "template", "title"}
BLOCKS = {"blockquote", "br", "dd", "div", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li"}
BLOCKS |= {"ol", "p", "pre", "section", "table", "td", "th", "tr", "ul"}
MOST_MARKUP_CHARS = 100_000
TAG, SPACE = re.compile(r"<[^>]*>"), re.compile(r"\s+")


def plain_text(markup: str, most_chars: int) -> str:
    """The text of `markup`, an empty line between paragraphs, at most `most_chars` long.

    Scripts, styles and what is embedded are left out, entities are written out; what looks like
    a tag afterwards is text that was written so, and is to be shown as text.
    """
    cleaned = nh3.clean(
        markup[:MOST_MARKUP_CHARS].encode("utf-8", "replace").decode(),
        tags=BLOCKS,
        clean_content_tags=SILENT,
        attributes={},
        link_rel=None,
    )
    lines = html.unescape(TAG.sub("\n", cleaned)).splitlines()
    paragraphs = [readable(SPACE.sub(" ", line)) for line in lines]
    text = "\n\n".join(paragraph for paragraph in paragraphs if paragraph)
    return text if len(text) <= most_chars else text[: most_chars - 1].rstrip() + "…"

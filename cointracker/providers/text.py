"""Text from outside: without what is not seen, and HTML as the plain text that it says."""

from __future__ import annotations

import html
import re

import nh3

UNSEEN = re.compile(
    r"[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)

SILENT = {"iframe", "math", "noscript", "object", "script", "style", "svg", "template", "title"}
BLOCKS = {"blockquote", "br", "dd", "div", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li"}
BLOCKS |= {"ol", "p", "pre", "section", "table", "td", "th", "tr", "ul"}
MAX_MARKUP_CHARS = 100_000
TAG, SPACE = re.compile(r"<[^>]*>"), re.compile(r"\s+")


def plain_text(markup: str, most_chars: int) -> str:
    """The text of `markup`, an empty line between paragraphs, at most `most_chars` long.

    Scripts, styles and what is embedded are left out, entities are written out; what looks like
    a tag afterwards is text that was written so, and is to be shown as text.
    """
    cleaned = nh3.clean(
        markup[:MAX_MARKUP_CHARS].encode("utf-8", "replace").decode(),
        tags=BLOCKS,
        clean_content_tags=SILENT,
        attributes={},
        link_rel=None,
    )
    lines = html.unescape(TAG.sub("\n", cleaned)).splitlines()
    paragraphs = [readable(SPACE.sub(" ", line)) for line in lines]
    text = "\n\n".join(paragraph for paragraph in paragraphs if paragraph)
    return text if len(text) <= most_chars else text[: most_chars - 1].rstrip() + "…"


def readable(text: str) -> str:
    """Text without control characters, halves of characters and marks that take no room."""
    return UNSEEN.sub("", text).strip()

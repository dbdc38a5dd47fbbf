"""The reader's language, as the pages use it."""

from __future__ import annotations

from datetime import datetime

from cointracker.core.i18n import Language, language
from cointracker.ui import session


def reader() -> Language:
    """The language of this session."""
    return language(session.language_code())


def t(message: str, **values: object) -> str:
    """A message in the reader's language."""
    return reader().t(message, **values)


def tn(one: str, many: str, count: int, **values: object) -> str:
    """A message about `count` things in the reader's language."""
    return reader().tn(one, many, count, **values)


def when(instant: datetime) -> str:
    """An instant in the reader's language and time zone."""
    return reader().instant(instant, session.zone())

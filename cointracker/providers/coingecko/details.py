"""Checks of CoinGecko's `/coins/{id}` body, field by field: a bad one is left out, no other."""

from __future__ import annotations

import copy
import re
from datetime import UTC, date, datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
)

from cointracker.providers.base import CoinDetails, Rejection
from cointracker.providers.markets import EARLIEST, Identity, rejected
from cointracker.providers.text import plain_text, readable

DESCRIPTION_CHARS = 10_000
LINK_CHARS, WORD_CHARS, MAX_CATEGORIES = 2_000, 100, 50
LINK = re.compile(r"https?://[^\s<>\"\\^`{|}]+", re.IGNORECASE)


def link(value: object) -> str | None:
    """A http or https address as it stands; None for anything else.

    One with a user name in it, which may hide whose address it is, is none either.
    """
    if not isinstance(value, str) or not LINK.fullmatch(value) or readable(value) != value:
        return None
    try:
        parts = urlsplit(value)
        is_good = bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        return None
    return value if is_good and len(value) <= LINK_CHARS else None


def _first_link(value: object) -> object:
    """The first of a list that is a link, None where all are empty; other values as they are.

    ValueError when something is there and none of it is a link.
    """
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list):
        return value
    texts = [text.strip() if isinstance(text, str) else text for text in values]
    given = [text for text in texts if text not in ("", None)]
    link_found = next((text for text in given if link(text)), None)
    if given and link_found is None:
        raise ValueError("holds no http or https link")
    return link_found


def _words(value: object) -> object:
    """The texts of a list that can be shown, each once; other values as they are."""
    if not isinstance(value, list):
        return value
    texts = [readable(text) for text in value if isinstance(text, str)]
    good = [text for text in texts if 0 < len(text) <= WORD_CHARS]
    return tuple(dict.fromkeys(good))[:MAX_CATEGORIES]


def _day(value: object) -> object:
    """ISO text as a date; other values as they are, to be refused."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def _past(value: date, info: ValidationInfo) -> date:
    today: date = info.context or date.max
    if not EARLIEST.date() <= value <= today:
        raise ValueError("must lie between 1970 and today")
    return value


Link = Annotated[str | None, BeforeValidator(_first_link)]
Words = Annotated[tuple[str, ...] | None, BeforeValidator(_words)]
Day = Annotated[date, BeforeValidator(_day), AfterValidator(_past)]
Share = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True)


class Described(_Part):
    """`description`: the text in English, which may hold HTML."""

    en: str | None = None


class Repositories(_Part):
    """`links.repos_url`."""

    github: Link = None


class Links(_Part):
    """`links`: of each kind a list with empty texts in it."""

    homepage: Link = None
    blockchain_site: Link = None
    repos_url: Repositories | None = None


class DetailsPayload(_Part):
    """The body of `/coins/{id}`, as far as we use it."""

    id: Identity
    description: Described | None = None
    links: Links | None = None
    categories: Words = None
    genesis_date: Day | None = None
    sentiment_votes_up_percentage: Share | None = None
    watchlist_portfolio_users: Annotated[int, Field(ge=0, lt=2**53)] | None = None

    def details(
        self, source: str, fetched_at: datetime, rejections: tuple[Rejection, ...]
    ) -> CoinDetails:
        """The body as our own record."""
        links = self.links or Links()
        repositories = links.repos_url or Repositories()
        markup = (self.description or Described()).en or ""
        return CoinDetails(
            coin_id=self.id,
            source=source,
            fetched_at=fetched_at,
            description=plain_text(markup, DESCRIPTION_CHARS),
            homepage=links.homepage,
            blockchain_site=links.blockchain_site,
            github_url=repositories.github,
            categories=self.categories or (),
            genesis_date=self.genesis_date,
            sentiment_up_pct=self.sentiment_votes_up_percentage,
            watchlist_users=self.watchlist_portfolio_users,
            rejections=rejections,
        )


def read_details(payload: Any, source: str, fetched_at: datetime) -> CoinDetails:
    """What a body tells of its coin, with what was wrong with the fields that are left out.

    Raises ValueError for a body that is no object or has no id that can be used.
    """
    today = fetched_at.astimezone(UTC).date()
    rejections: tuple[Rejection, ...] = ()
    try:
        good = DetailsPayload.model_validate(payload, context=today)
    except ValidationError as exc:
        errors = exc.errors(include_url=False)
        rejections = tuple(rejected(0, payload, error) for error in errors)
        good = DetailsPayload.model_validate(_without(payload, errors), context=today)
    return good.details(source, fetched_at, rejections)


def _without(payload: Any, errors: list[Any]) -> Any:
    """A copy of the payload that lacks the fields the errors speak of."""
    rest = copy.deepcopy(payload)
    for error in errors:
        *path, last = error["loc"] or ("",)
        part = rest
        for name in path:
            part = part[name]
        if isinstance(part, dict):
            part.pop(last, None)
    return rest

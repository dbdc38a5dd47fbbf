"""Languages: message catalogues, and numbers and instants as each language writes them.

Knows no screen: pages and API hand in the language. Text of sources (names, symbols) is never
translated; `isolated` keeps it from turning the words around it.
"""

from __future__ import annotations

import gettext
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cached_property, lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

import jdatetime
from babel import Locale
from babel.dates import format_datetime
from babel.numbers import format_decimal

LOCALES = Path(__file__).parents[1] / "locales"
DOMAIN = "cointracker"
MISSING = "—"
UNMOVED = "·"
MAX_PLACES = 14
MIN_MONTH = 28
UTC_ZONE = ZoneInfo("UTC")


def N_(message: str) -> str:
    """Mark a message for the catalogues where it is not translated on the spot."""
    return message


def NP_(_context: str, message: str) -> str:
    """Mark a message that is translated as `context` uses it, as `Language.tp` does."""
    return message


def isolated(text: str) -> str:
    """Text of foreign direction, wrapped so that it does not turn its surroundings around."""
    return f"\u2068{text}\u2069"


def left_to_right(text: str) -> str:
    """Figures that read left to right whatever stands around them."""
    return f"\u2066{text}\u2069"


def right_to_left(text: str) -> str:
    """Words that read right to left whatever stands around them."""
    return f"\u2067{text}\u2069"


@dataclass(frozen=True)
class Language:
    """One language: `en` or `fa`."""

    code: str

    @property
    def is_rtl(self) -> bool:
        """Whether it is written from right to left."""
        return self._locale.text_direction == "rtl"

    @cached_property
    def _locale(self) -> Locale:
        return Locale.parse(self.code)

    @cached_property
    def _catalogue(self) -> gettext.NullTranslations:
        return gettext.translation(DOMAIN, LOCALES, [self.code])

    def own_way(self, text: str) -> str:
        """Text that reads in this language's direction whatever stands around it."""
        return right_to_left(text) if self.is_rtl else left_to_right(text)

    def t(self, message: str, **values: object) -> str:
        """The message in this language, its `{name}` fields filled in."""
        text = self._catalogue.gettext(message)
        return text.format(**values) if values else text

    def tn(self, one: str, many: str, count: int, **values: object) -> str:
        """The message for `count` things, `{count}` and the other fields filled in."""
        text = self._catalogue.ngettext(one, many, count)
        return text.format(count=self.whole(count), **values)

    def tp(self, context: str, message: str, **values: object) -> str:
        """The message as `context` uses it: the same word is not always the same in Persian."""
        text = self._catalogue.pgettext(context, message)
        return text.format(**values) if values else text

    def digits(self, text: str) -> str:
        """Text with its digits as this language writes them."""
        return text.translate(PERSIAN_DIGITS) if self.code == "fa" else text

    def whole(self, value: float | None) -> str:
        """A whole number, grouped; `—` when missing."""
        return self.decimal(value, 0)

    def decimal(self, value: float | None, digits: int) -> str:
        """A number with a fixed count of decimals, grouped; `—` when missing."""
        return MISSING if value is None or math.isnan(value) else _decimal(self, value, digits)

    def signed(self, value: float | None, digits: int) -> str:
        """A number with its minus before it in either direction of writing."""
        if value is None or math.isnan(value):
            return MISSING
        size = self.decimal(abs(value), digits)
        is_below = value < 0 and size != self.decimal(0.0, digits)
        return left_to_right(f"−{size}" if is_below else size)

    def price(self, value: float | None) -> str:
        """A price: 2 decimals from 1 on, 4 from 0.01 on, else 8; more where those show nothing."""
        size = abs(value) if value is not None else 0.0
        digits = 2 if size >= 1 else 4 if size >= 0.01 else 8
        if 0 < size < 1e-7:
            digits = min(MAX_PLACES, 1 - math.floor(math.log10(size)))
        return self.decimal(value, digits)

    def amount(self, value: float | None) -> str:
        """A volume or cap: three figures and a unit from a million on, else a whole number."""
        if value is None or math.isnan(value):
            return MISSING
        value = float(f"{value:.3g}") if abs(value) >= AMOUNT_UNITS[-1][0] else value
        for size, name in AMOUNT_UNITS:
            if abs(value) >= size:
                digits = 2 - min(int(math.log10(abs(value) / size)), 2)
                return self.t(name, number=self.decimal(value / size, digits))
        return self.whole(value)

    def change(self, value: float | None, digits: int) -> str:
        """A change: `▲ 1.84` up, `▼ 1.84` down, `·` none, `—` missing; unsigned."""
        if value is None or math.isnan(value):
            return MISSING
        size = self.decimal(abs(value), digits)
        if size == self.decimal(0.0, digits):
            return UNMOVED if digits == 0 else size
        return f"{'▲' if value > 0 else '▼'} {size}"

    def instant(self, instant: datetime, zone: ZoneInfo = UTC_ZONE) -> str:
        """Date and time in `zone`, with its offset: `14:35 UTC, 20 Nov 2026`; Jalali in Persian."""
        return self.t(
            "{time}, {date}", time=self.clock(instant, zone), date=self.date(instant, zone)
        )

    def date(self, instant: datetime, zone: ZoneInfo = UTC_ZONE) -> str:
        """The date in `zone`: `20 Nov 2026`; Jalali in Persian."""
        local = instant.astimezone(zone)
        if self.code != "fa":
            return format_datetime(local, "d MMM y", locale=self._locale)
        return self.digits(_jalali(local).strftime("%-d %B %Y"))

    def day(self, instant: datetime, zone: ZoneInfo = UTC_ZONE) -> str:
        """The day in `zone` without its year: `20 Nov`; Jalali in Persian."""
        local = instant.astimezone(zone)
        if self.code != "fa":
            return format_datetime(local, "d MMM", locale=self._locale)
        return self.digits(_jalali(local).strftime("%-d %B"))

    def month(self, instant: datetime, zone: ZoneInfo = UTC_ZONE) -> str:
        """The month in `zone`: `Nov 2026`; Jalali in Persian."""
        local = instant.astimezone(zone)
        if self.code != "fa":
            return format_datetime(local, "MMM y", locale=self._locale)
        return self.digits(_jalali(local).strftime("%B %Y"))

    def month_starts(self, since: datetime, until: datetime, zone: ZoneInfo) -> list[datetime]:
        """Midnight of the first day of each month that begins within a span; Jalali in Persian."""
        day, starts = since.astimezone(zone).date(), []
        last = until.astimezone(zone).date()
        while day <= last:
            local = datetime.combine(day, time.min, zone)
            number = _jalali(local).day if self.code == "fa" else day.day
            if number == 1 and local >= since:
                starts.append(local)
            day += timedelta(days=MIN_MONTH if number == 1 else 1)
        return starts

    def clock(self, instant: datetime, zone: ZoneInfo = UTC_ZONE) -> str:
        """The time of day in `zone`, with its offset: `14:35 UTC`."""
        local = instant.astimezone(zone)
        time = local.strftime("%H:%M")
        offset = local.strftime("%z")
        name = "UTC" if offset == "+0000" else f"UTC{offset[:3]}:{offset[3:]}"
        return f"{self.digits(time)} {left_to_right(self.digits(name))}"

    def age(self, seconds: float) -> str:
        """A length of time in its largest fitting unit: `40 s`, `26 min`, `3 h`, `12 d`."""
        for least, size, name in AGE_UNITS:
            if seconds >= least:
                return self.t(name, count=self.whole(int(seconds // size)))
        return self.t("{count} s", count=self.whole(max(0, int(seconds))))

    def listed(self, parts: Iterable[str]) -> str:
        """Parts with this language's comma between them."""
        return self.t(", ").join(parts)


AMOUNT_UNITS = ((1e12, N_("{number} T")), (1e9, N_("{number} B")), (1e6, N_("{number} M")))
AGE_UNITS = (
    (48 * 3_600, 86_400, N_("{count} d")),
    (2 * 3_600, 3_600, N_("{count} h")),
    (60, 60, N_("{count} min")),
)
PERSIAN_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


def _jalali(local: datetime) -> jdatetime.datetime:
    return jdatetime.datetime.fromgregorian(datetime=local.replace(tzinfo=None), locale="fa_IR")


@lru_cache(maxsize=100_000)
def _decimal(language: Language, value: float, digits: int) -> str:
    """A number as a language writes it; kept, for a page writes the same ones again and again."""
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    locale = Locale.parse(language.code)
    text = format_decimal(value, pattern, locale=locale, numbering_system="default")
    return language.digits(text)


@lru_cache(maxsize=8)
def language(code: str) -> Language:
    """The language for a code. Raises FileNotFoundError when its catalogue was not compiled."""
    return Language(code)


def preferred(header: str | None, default: str = "en") -> str:
    """The code of our language that an Accept-Language header, or a browser's locale, asks for."""
    wanted = {}
    for part in (header or "").split(","):
        name, _, quality = part.partition(";q=")
        wanted[name.strip()[:2].lower()] = _quality(quality)
    ours = [code for code in wanted if code in ("en", "fa") and wanted[code] > 0]
    return max(ours, key=wanted.__getitem__, default=default)


def _quality(text: str) -> float:
    """The q-value of an Accept-Language part: 1 without one, 0 for one that cannot be read."""
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0

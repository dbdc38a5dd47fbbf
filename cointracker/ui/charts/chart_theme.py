"""What every chart is drawn in: the reader's language, zone, direction and theme."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

import pandas as pd

from cointracker.core.i18n import Language
from cointracker.ranking.factors import FACTORS

FONT = "IBM Plex Sans, Vazirmatn Tabular, sans-serif"
LINE_COLOURS = {
    False: ("#27468F", "#3A97C9", "#C28300", "#A2498F", "#66771F"),
    True: ("#5F7FDB", "#6CC6EE", "#F3C14B", "#D673B4", "#9DAA45"),
}


@dataclass(frozen=True)
class ChartTheme:
    """The reader, as charts see them."""

    language: Language
    zone: ZoneInfo
    is_dark: bool
    currency: str = "usd"

    @property
    def money(self) -> str:
        """The quote currency as charts name it."""
        return "$" if self.currency == "usd" else self.currency.upper()

    @property
    def text(self) -> str:
        """The colour of words and of what stands out."""
        return "#E3E8ED" if self.is_dark else "#16202B"

    @property
    def muted(self) -> str:
        """The colour of what is said in passing."""
        return "#94A1AE" if self.is_dark else "#5A6673"

    @property
    def page(self) -> str:
        """The colour of the page."""
        return "#0F151C" if self.is_dark else "#FFFFFF"

    @property
    def line(self) -> str:
        """The colour of axes."""
        return "#2C3844" if self.is_dark else "#D5DBE2"

    @property
    def grid(self) -> str:
        """The colour of the lines behind the data."""
        return "#212C36" if self.is_dark else "#E6EAEE"

    @property
    def up(self) -> str:
        """The colour of what rises."""
        return "#45C8B7" if self.is_dark else "#00736B"

    @property
    def down(self) -> str:
        """The colour of what falls."""
        return "#F5885C" if self.is_dark else "#B23A12"

    @property
    def warn(self) -> str:
        """The colour of what asks for attention."""
        return "#F0B93A" if self.is_dark else "#C28300"

    @property
    def lines(self) -> tuple[str, ...]:
        """The colours that set lines apart."""
        return LINE_COLOURS[self.is_dark]

    @property
    def factors(self) -> dict[str, str]:
        """The colours of the factors, by key."""
        return {factor.key: factor.dark if self.is_dark else factor.light for factor in FACTORS}

    @cached_property
    def _days(self) -> dict[object, str]:
        return {}

    def local(self, instants: Iterable[datetime]) -> list[str]:
        """Instants for a time axis: Plotly knows no zones, so in the reader's, without one."""
        times = pd.DatetimeIndex(pd.to_datetime(list(instants), utc=True)).tz_convert(self.zone)
        return [str(text) for text in times.strftime("%Y-%m-%dT%H:%M:%S")]

    def stamps(self, instants: Iterable[datetime]) -> list[str]:
        """Instants in words, for what appears under the pointer: `14:35, 20 Nov 2026`."""
        times = pd.DatetimeIndex(pd.to_datetime(list(instants), utc=True)).tz_convert(self.zone)
        return [
            self.language.own_way(
                self.language.t(
                    "{time}, {date}",
                    time=self.language.digits(f"{time.hour:02}:{time.minute:02}"),
                    date=self._day(time),
                )
            )
            for time in times
        ]

    def _day(self, local: pd.Timestamp) -> str:
        key = local.date()
        if key not in self._days:
            self._days[key] = self.language.date(local.to_pydatetime(), self.zone)
        return self._days[key]

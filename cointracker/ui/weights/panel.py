"""The panel on the page: two components, and what Python answers when a handle is let go.

The panel itself holds the market, which is sent once a snapshot. The line beside it (line.js) is
small: weights and wishes come up it, and rank bands, presets and messages go down.
"""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import numpy as np
import numpy.typing as npt
import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from cointracker.ranking.factors import FACTORS, FloatArray
from cointracker.ranking.weights import Weights
from cointracker.services import services
from cointracker.services.access import Right
from cointracker.services.export import csv, table
from cointracker.services.market import RankingView
from cointracker.services.weights import may_change
from cointracker.ui import access, session
from cointracker.ui.fragments import fragment
from cointracker.ui.i18n import t
from cointracker.ui.weights import link, script, wishes
from cointracker.ui.weights.words import words

LINE = "weights-line"
NOTICE = "weights_notice"
IN_FILE = (
    "rank", "coin_id", "symbol", "name", "score", "coverage", "band_low", "band_high",
    *(f"factor_{name}" for name in FACTORS), *(f"contribution_{name}" for name in FACTORS),
    "price", "market_cap",
)  # fmt: skip


def show(view: RankingView) -> None:
    """Draw the panel for a snapshot; `view` may be ranked under any weights."""
    begin = link.weights()
    _panel()(key="weights-panel", data={"words": words(), "market": _market(view)})
    _answer(view, begin)


@fragment()
def _answer(view: RankingView, begin: Weights) -> None:
    """What a release brings: a fragment, so that it redraws nothing else."""
    released = wishes.checked(_sent("weights"))
    if released is not None:
        link.keep(released)
    ranked = services().market.ranking(view.snapshot.at, released or begin)
    file = access.while_allowed(Right.VIEW, partial(_file, ranked))
    st.download_button(
        t("Download ranking as CSV"), file, _file_name(ranked), "text/csv", on_click="ignore",
        icon=":material/download:", key="weights-csv",
    )  # fmt: skip
    _line()(key=LINE, data=_news(ranked), on_weights_change=_nothing, on_wish_change=_grant)


def _sent(name: str) -> Any:
    """What the line brought up under a name, None before it did."""
    return (session.value(LINE, None) or {}).get(name)


def _grant() -> None:
    session.put(NOTICE, wishes.granted(_sent("wish")))


def _nothing() -> None:
    """Streamlit wants a callback for what a component sends."""


def _notice() -> str:
    """The message that a wish left, once."""
    text = str(session.value(NOTICE, ""))
    session.reset(NOTICE)
    return text


@cache
def _panel() -> ComponentRenderer:
    return st.components.v2.component(
        "cointracker_weights", js=script.panel(), css=script.text("panel.css")
    )


@cache
def _line() -> ComponentRenderer:
    return st.components.v2.component("cointracker_weights_line", js=script.text("line.js"))


def _market(view: RankingView) -> dict[str, Any]:
    """The coins by id with all that ranks them, missing numbers as None: the same bytes under any
    weights."""
    frame = view.frame.iloc[_by_id(view)]
    factors = frame[[f"factor_{name}" for name in FACTORS]].to_numpy(dtype=np.float64)
    return {
        "snapshot": view.snapshot.refresh_id,
        "ids": frame["coin_id"].tolist(),
        "symbols": frame["symbol"].tolist(),
        "names": frame["name"].tolist(),
        "caps": _listed(frame["market_cap"].to_numpy(dtype=np.float64)),
        "factors": _listed(factors.ravel()),
    }


def _news(ranked: RankingView) -> dict[str, Any]:
    bands, who = services().market.bands(ranked), access.principal()
    order = _by_id(ranked)
    return {
        "weights": list(ranked.weights),
        "saved": list(link.default()),
        "bands": {
            "snapshot": ranked.snapshot.refresh_id,
            "weights": list(ranked.weights),
            "low": bands.low[order].tolist(),
            "high": bands.high[order].tolist(),
        },
        "presets": [
            {
                "key": preset.name,
                "name": preset.name if preset.is_own else t(preset.name),
                "weights": list(link.on_hundred(preset.weights)),
                "mayDelete": preset.is_own and may_change(preset.owner, who),
            }
            for preset in services().weights.presets()
        ],
        "whyNotSave": access.why_not(Right.WRITE),
        "whyNotKeep": access.why_not(Right.OWN),
        "notice": _notice(),
    }


def _file(ranked: RankingView) -> bytes:
    return csv(table(services().market.with_bands(ranked), IN_FILE))


def _file_name(ranked: RankingView) -> str:
    return f"cointracker-weights-{ranked.snapshot.at:%Y-%m-%dT%H%M}Z.csv"


def _by_id(view: RankingView) -> npt.NDArray[np.int64]:
    return np.argsort(view.frame["coin_id"].to_numpy(dtype=np.str_))


def _listed(values: FloatArray) -> list[float | None]:
    return [None if np.isnan(value) else value for value in values.tolist()]

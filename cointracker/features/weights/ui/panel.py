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

from cointracker.core.file_formats import csv
from cointracker.core.rights import Right
from cointracker.core.services import services
from cointracker.features.market.downloads import table
from cointracker.features.market.rankings import MarketService, RankingView
from cointracker.features.weights.service import WeightsService, may_change
from cointracker.features.weights.ui import actions, link, script
from cointracker.features.weights.ui.words import words
from cointracker.ranking.factors import CONTRIBUTION_COLUMNS, FACTOR_COLUMNS, FACTORS, FloatArray
from cointracker.ranking.weights import Weights
from cointracker.ui import access, state
from cointracker.ui.fragments import fragment
from cointracker.ui.i18n import t
from cointracker.ui.parts import flash

LINE = "weights-line"
PLACE = "weights"
IN_FILE = (
    "rank",
    "coin_id",
    "symbol",
    "name",
    "score",
    "coverage",
    "band_low",
    "band_high",
    *FACTOR_COLUMNS,
    *CONTRIBUTION_COLUMNS,
    "price",
    "market_cap",
)


def show(view: RankingView) -> None:
    """Draw the panel for a snapshot; `view` may be ranked under any weights."""
    begin = link.weights()
    colours = [{"light": factor.light, "dark": factor.dark} for factor in FACTORS]
    _panel()(
        key="weights-panel",
        data={"words": words(), "colours": colours, "market": _market(view)},
    )
    _answer(view, begin)


@fragment()
def _answer(view: RankingView, begin: Weights) -> None:
    """What a release brings: a fragment, so that it redraws nothing else."""
    released = actions.checked(_sent("weights"))
    if released is not None:
        link.keep(released)
    ranked = services()[MarketService].ranking(view.snapshot.at, released or begin)
    file = access.while_allowed(Right.VIEW, partial(_file, ranked))
    st.download_button(
        t("Download ranking as CSV"),
        file,
        _file_name(ranked),
        "text/csv",
        on_click="ignore",
        icon=":material/download:",
        key="weights-csv",
    )
    _line()(key=LINE, data=_reply(ranked), on_weights_change=_nothing, on_wish_change=_grant)


def _sent(name: str) -> Any:
    """What the line brought up under a name, None before it did."""
    return (state.value(LINE, None) or {}).get(name)


def _grant() -> None:
    flash.put(actions.granted(_sent("wish")), place=PLACE)


def _nothing() -> None:
    """Streamlit wants a callback for what a component sends."""


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
    factors = frame[list(FACTOR_COLUMNS)].to_numpy(dtype=np.float64)
    return {
        "snapshot": view.snapshot.refresh_id,
        "ids": frame["coin_id"].tolist(),
        "symbols": frame["symbol"].tolist(),
        "names": frame["name"].tolist(),
        "caps": _listed(frame["market_cap"].to_numpy(dtype=np.float64)),
        "factors": _listed(factors.ravel()),
    }


def _reply(ranked: RankingView) -> dict[str, Any]:
    bands, principal = services()[MarketService].bands(ranked), access.principal()
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
                "mayDelete": preset.is_own and may_change(preset.owner, principal),
            }
            for preset in services()[WeightsService].presets()
        ],
        "whyNotSave": access.why_not(Right.WRITE),
        "whyNotKeep": access.why_not(Right.OWN),
        "notice": flash.take(PLACE),
    }


def _file(ranked: RankingView) -> bytes:
    return csv(table(services()[MarketService].with_bands(ranked), IN_FILE))


def _file_name(ranked: RankingView) -> str:
    return f"cointracker-weights-{ranked.snapshot.at:%Y-%m-%dT%H%M}Z.csv"


def _by_id(view: RankingView) -> npt.NDArray[np.int64]:
    return np.argsort(view.frame["coin_id"].to_numpy(dtype=np.str_))


def _listed(values: FloatArray) -> list[float | None]:
    return [None if np.isnan(value) else value for value in values.tolist()]

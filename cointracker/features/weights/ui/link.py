"""The weights that the address carries, `?w=25,20,25,15,15`, and those a reader left behind."""

from __future__ import annotations

import streamlit as st

from cointracker.core.errors import InvalidWeights
from cointracker.core.i18n import N_
from cointracker.core.services import services
from cointracker.features.weights.service import WeightsService
from cointracker.ranking.weights import Weights
from cointracker.ui import state
from cointracker.ui.i18n import t

PARAMETER = "w"
LEFT = "weights_left"
TOTAL = 100.0
ROUNDING = 1e-9
PROBLEMS = {
    "must be numbers separated by commas": N_("it contains something that is not a number"),
    "must be a finite number": N_("it contains a number that is not finite"),
    "must not be negative": N_("it contains a negative number"),
    "must not all be zero": N_("all of its weights are zero"),
    "are too large to be added up": N_("its weights are too large"),
}
WRONG_COUNT = N_("it does not hold a number for each factor")


def weights() -> Weights:
    """The weights to begin with: the address's, else those that the reader left, else the default.

    A link that cannot be used is said to be so, and the default is shown.
    """
    asked = st.query_params.get(PARAMETER)
    if asked is None:
        return state.value(LEFT, None) or default()
    try:
        return on_hundred(Weights.parse(asked))
    except InvalidWeights as exc:
        why = t(PROBLEMS.get(exc.problem, WRONG_COUNT))
        st.warning(
            t(
                "The weights in this link can't be used: {why}. These are the default weights.",
                why=why,
            ),
            icon=":material/link_off:",
        )
        return default()


def default() -> Weights:
    """The default weights in force, 100 together."""
    return on_hundred(services()[WeightsService].default())


def keep(chosen: Weights) -> None:
    """Let the address carry the weights, unless they are the default, and remember them."""
    state.put(LEFT, chosen)
    if chosen == default():
        st.query_params.pop(PARAMETER, None)
    else:
        st.query_params[PARAMETER] = chosen.text()


def on_hundred(some: Weights) -> Weights:
    """The same proportions, 100 together; untouched where they are that already."""
    if abs(sum(some) - TOTAL) <= ROUNDING:
        return some
    return Weights.of([share * TOTAL for share in some.shares().tolist()])

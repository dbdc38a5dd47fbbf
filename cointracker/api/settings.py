"""The settings under the names of the contract; checked and saved by the same services as the
page's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import ConfigDict, Field

from cointracker.api.errors import InvalidFields
from cointracker.api.guard import By
from cointracker.api.schemas import REFUSED_BY_SOURCE, Answer, Asked
from cointracker.api.serving import Serving
from cointracker.errors import CoinTrackerError, InvalidWeights
from cointracker.ranking.weights import Weights
from cointracker.services import Services
from cointracker.services.access import Principal

router = APIRouter(prefix="/settings", tags=["settings"])

ID = 1
SETTINGS = {
    "api_key": "coingecko_key",
    "top_coins_count": "top_coins",
    "update_interval": "update_interval_seconds",
    "data_history_days": "history_days",
}
"""Our names of settings by those of the contract."""
WEIGHTS = {
    "price_weight": "price_change",
    "volume_weight": "volume_change",
    "stability_weight": "stability",
    "market_cap_weight": "market_cap",
    "social_weight": "social",
}
"""Our factors by the contract's names of their weights."""

Weight = Annotated[float, Field(description="0 or more; only the proportions matter")]


class SettingsNow(Answer):
    """The settings in force."""

    id: int = Field(description="Always 1: there is one set of settings")
    api_key: str = Field(
        description="The end of the key, empty without one; never the key", examples=["…wxyz"]
    )
    top_coins_count: int
    update_interval: int = Field(description="Seconds between refreshes, as asked for")
    data_history_days: int = Field(description="How many days of history stability looks at")
    price_weight: float
    volume_weight: float
    stability_weight: float
    market_cap_weight: float
    social_weight: float


class SettingsWanted(Asked):
    """The settings to change; what is left out stays.

    What was read can be sent back as it is: `id` and a masked key change nothing.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"top_coins_count": 250, "price_weight": 40}]}
    )

    id: int = Field(ID, description="Always 1", json_schema_extra={"const": ID})
    api_key: str = Field("", description="A key; empty removes it", max_length=1_000)
    top_coins_count: int = Field(100, description="1 to 1,000")
    update_interval: int = Field(300, description="Seconds, 60 to 86,400")
    data_history_days: int = Field(7, description="3 to 365")
    price_weight: Weight = 25.0
    volume_weight: Weight = 20.0
    stability_weight: Weight = 25.0
    market_cap_weight: Weight = 15.0
    social_weight: Weight = 15.0


@router.get("/", summary="The settings in force")
def settings(services: Serving) -> SettingsNow:
    """With the key masked; the weights are those that rank by default."""
    current = services.settings.current()
    weights = services.weights.default()
    return SettingsNow(
        id=ID,
        api_key=services.settings.masked()["coingecko_key"],
        top_coins_count=current.top_coins,
        update_interval=current.update_interval_seconds,
        data_history_days=current.history_days,
        **{name: getattr(weights, factor) for name, factor in WEIGHTS.items()},
    )


@router.put("/", summary="Change settings", responses=REFUSED_BY_SOURCE)
def change(request: Request, wanted: SettingsWanted, services: Serving, by: By) -> SettingsNow:
    """Any of them, all or none; answers the settings in force then."""
    given = wanted.model_dump(exclude_unset=True)
    changes = _changes(services, given)
    weights, problems = _weights(services.weights.default(), given)
    for name, problem in services.settings.check(changes).items():
        problems[outer(name)] = [problem.problem]
    if given.get("id", ID) != ID:
        problems["id"] = [f"must be {ID}"]
    if problems:
        raise InvalidFields(problems)
    _save(request.app.state.services, changes, weights, by)
    return settings(request.app.state.services())


def outer(setting: str) -> str:
    """The contract's name of a setting of ours; that of the key for what goes with it."""
    return next((name for name, ours in SETTINGS.items() if ours == setting), "api_key")


def _changes(services: Services, given: Mapping[str, Any]) -> dict[str, object]:
    """The changes by our names; a key that is sent back masked is none."""
    changes = {ours: given[name] for name, ours in SETTINGS.items() if name in given}
    if changes.get("coingecko_key") == services.settings.masked()["coingecko_key"]:
        del changes["coingecko_key"]
    return changes


def _weights(now: Weights, given: Mapping[str, Any]) -> tuple[Weights | None, dict[str, list[str]]]:
    """The weights that are meant, None for those in force; and what is wrong with each."""
    wanted = {name: given[name] for name in WEIGHTS if name in given}
    problems: dict[str, list[str]] = {}
    for name, value in wanted.items():
        try:
            Weights(**{WEIGHTS[name]: value})
        except InvalidWeights as exc:
            problems[name] = [exc.problem]
    if problems:
        return None, problems
    try:
        meant = replace(now, **{WEIGHTS[name]: value for name, value in wanted.items()})
    except InvalidWeights as exc:
        return None, {name: [exc.problem] for name in wanted}
    return (None if meant == now else meant), {}


def _save(
    serving: Callable[[], Services],
    changes: Mapping[str, object],
    weights: Weights | None,
    by: Principal,
) -> None:
    """Save both or neither; the weights go to the market that serves by the changed settings."""
    before = serving().settings.current()
    changed = serving().settings.save(changes, by=by) if changes else frozenset()
    if weights is None:
        return
    try:
        serving().weights.save_default(weights, by=by)
    except CoinTrackerError:
        serving().settings.save({name: getattr(before, name) for name in changed}, by=by)
        raise

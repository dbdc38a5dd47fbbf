"""The settings under the names of the contract; checked and saved by the same services as the
page's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Request
from pydantic import ConfigDict, Field, create_model

from cointracker.api.authorise import PrincipalDep
from cointracker.api.deps import ServicesDep
from cointracker.api.errors import InvalidFields
from cointracker.api.schemas import REFUSED_BY_SOURCE, RequestModel, ResponseModel
from cointracker.core.errors import CoinTrackerError, InvalidWeights
from cointracker.core.rights import Principal
from cointracker.core.services import Services
from cointracker.features.settings.service import SettingsService
from cointracker.features.weights.service import WeightsService
from cointracker.markets.settings import HISTORY_DAYS, TOP_COINS, UPDATE_INTERVAL
from cointracker.ranking.factors import FACTORS
from cointracker.ranking.weights import Weights

router = APIRouter(prefix="/settings", tags=["settings"])

ID = 1
SETTINGS = {
    "api_key": "coingecko_key",
    "top_coins_count": "top_coins",
    "update_interval": "update_interval_seconds",
    "data_history_days": "history_days",
}
"""Our names of settings by those of the contract."""
WEIGHTS = {factor.api_weight: factor.key for factor in FACTORS}
"""Our factors by the contract's names of their weights."""

Weight = Annotated[float, Field(description="0 or more; only the proportions matter")]


class SettingsNowButWeights(ResponseModel):
    """The settings in force."""

    id: int = Field(description="Always 1: there is one set of settings")
    api_key: str = Field(
        description="The end of the key, empty without one; never the key", examples=["…wxyz"]
    )
    top_coins_count: int
    update_interval: int = Field(description="Seconds between refreshes, as asked for")
    data_history_days: int = Field(description="How many days of history stability looks at")


class SettingsWantedButWeights(RequestModel):
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


if TYPE_CHECKING:
    SettingsNow = SettingsNowButWeights
    SettingsWanted = SettingsWantedButWeights
else:
    SettingsNow = create_model(
        "SettingsNow",
        __base__=SettingsNowButWeights,
        __doc__=SettingsNowButWeights.__doc__,
        **{factor.api_weight: (float, ...) for factor in FACTORS},
    )
    SettingsWanted = create_model(
        "SettingsWanted",
        __base__=SettingsWantedButWeights,
        __doc__=SettingsWantedButWeights.__doc__,
        **{factor.api_weight: (Weight, factor.default_weight) for factor in FACTORS},
    )


@router.get("/", summary="The settings in force")
def settings(services: ServicesDep) -> SettingsNow:
    """With the key masked; the weights are those that rank by default."""
    current = services[SettingsService].current()
    weights = services[WeightsService].default()
    return SettingsNow(
        id=ID,
        api_key=services[SettingsService].masked()["coingecko_key"],
        top_coins_count=current[TOP_COINS],
        update_interval=current[UPDATE_INTERVAL],
        data_history_days=current[HISTORY_DAYS],
        **{name: weights[factor] for name, factor in WEIGHTS.items()},
    )


@router.put("/", summary="Change settings", responses=REFUSED_BY_SOURCE)
def change(
    request: Request, wanted: SettingsWanted, services: ServicesDep, by: PrincipalDep
) -> SettingsNow:
    """Any of them, all or none; answers the settings in force then."""
    given = wanted.model_dump(exclude_unset=True)
    changes = _changes(services, given)
    weights, problems = _weights(services[WeightsService].default(), given)
    for name, problem in services[SettingsService].check(changes).items():
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
    if changes.get("coingecko_key") == services[SettingsService].masked()["coingecko_key"]:
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
        meant = now.replace(**{WEIGHTS[name]: value for name, value in wanted.items()})
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
    settings = serving()[SettingsService]
    before = settings.current()
    changed = settings.save(changes, by=by) if changes else frozenset()
    if weights is None:
        return
    try:
        serving()[WeightsService].save_default(weights, by=by)
    except CoinTrackerError:
        known = settings.catalogue.by_name
        settings.save({name: before[known[name]] for name in changed}, by=by)
        raise

"""The routes; each reads through the services and answers a schema."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import fastapi_offline
from fastapi import Depends, FastAPI, Header, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime
from starlette.routing import Mount

from cointracker import __version__
from cointracker.api import rows
from cointracker.api.schemas import CoinDetail, CoinPage, Detail, Health, Invalid
from cointracker.errors import CoinNotFound, InvalidWeights, SnapshotNotFound, StorageError
from cointracker.i18n import Language, language, preferred
from cointracker.ranking.weights import Weights
from cointracker.services import Services

MOST_PER_PAGE = 250

At = Annotated[
    AwareDatetime | None,
    Query(description="An instant with its offset: the last snapshot at or before it"),
]
ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": Invalid},
    404: {"model": Detail},
    503: {"model": Detail},
}


def build_routes(services: Callable[[], Services]) -> Sequence[Mount]:
    """The API over whatever services serve at the time of each call."""
    return [Mount("/api", app=build_app(services))]


def build_app(services: Callable[[], Services]) -> FastAPI:
    """The API as an application of its own, its documents under /docs."""
    app = fastapi_offline.FastAPIOffline(
        title="CoinTracker", version=__version__, redoc_url=None, openapi_url="/openapi.json"
    )
    _handle_errors(app)

    @app.get("/health/", tags=["health"], responses={503: {"model": Detail}})
    def health() -> Health:
        """Liveness and readiness; open to everyone."""
        return rows.health(services().monitoring.status())

    @app.get("/cryptocurrencies/", tags=["coins"], responses=ERRORS)
    def coins(
        request: Request,
        reader: Annotated[Language, Depends(_reader)],
        page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
        page_size: Annotated[int, Query(ge=1, le=MOST_PER_PAGE)] = 50,
        weights: Annotated[
            str | None,
            Query(
                description="Price change, volume change, stability, market cap, social:"
                " `25,20,25,15,15`"
            ),
        ] = None,
        at: At = None,
    ) -> CoinPage:
        """The ranking, a page at a time, under its own weights or those given."""
        chosen = None if weights is None else Weights.parse(weights)
        view = services().market.ranking(at, chosen)
        return rows.page(request.url, view, page, page_size, reader)

    @app.get("/cryptocurrencies/{coin}/", tags=["coins"], responses=ERRORS)
    def coin(coin: str, reader: Annotated[Language, Depends(_reader)], at: At = None) -> CoinDetail:
        """One coin by its number or its CoinGecko id."""
        serving = services()
        view, facts = serving.market.coin(coin, at)
        told = serving.coin_data.details(facts["coin_id"]).details
        return rows.detail(view, facts, told, reader)

    return app


def _reader(accept_language: Annotated[str | None, Header()] = None) -> Language:
    return language(preferred(accept_language))


def _handle_errors(app: FastAPI) -> None:
    """Our errors as the contract words them."""

    @app.exception_handler(RequestValidationError)
    def invalid(_request: Request, exc: RequestValidationError) -> JSONResponse:
        problems: dict[str, list[str]] = {}
        for error in exc.errors():
            problems.setdefault(str(error["loc"][-1]), []).append(error["msg"])
        return _invalid(problems)

    @app.exception_handler(InvalidWeights)
    def bad_weights(_request: Request, exc: InvalidWeights) -> JSONResponse:
        return _invalid({"weights": [str(exc)]})

    @app.exception_handler(CoinNotFound)
    def no_coin(_request: Request, _exc: CoinNotFound) -> JSONResponse:
        return _detail(404, "No such coin in this snapshot.")

    @app.exception_handler(SnapshotNotFound)
    def no_snapshot(_request: Request, _exc: SnapshotNotFound) -> JSONResponse:
        return _detail(404, "No snapshot is stored at or before that instant.")

    @app.exception_handler(StorageError)
    def no_storage(_request: Request, _exc: StorageError) -> JSONResponse:
        return _detail(503, "The database does not answer.")


def _invalid(problems: dict[str, list[str]]) -> JSONResponse:
    answer = Invalid(message="The request has invalid values.", errors=problems)
    return JSONResponse(answer.model_dump(), status_code=400)


def _detail(status: int, text: str) -> JSONResponse:
    answer: dict[str, Any] = Detail(detail=text).model_dump()
    return JSONResponse(answer, status_code=status)

"""Our errors as the contract words them."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from cointracker.api.schemas import Detail, Invalid
from cointracker.core.errors import (
    BadCredentials,
    CoinNotFound,
    CoinTrackerError,
    InvalidTimeRange,
    InvalidWeights,
    LoginNeeded,
    NotAllowed,
    SnapshotNotFound,
    SourceError,
    StorageError,
    TooManyAttempts,
)

log = logging.getLogger(__name__)

NOT_READ = "The body could not be read as JSON."
CHALLENGE = {"WWW-Authenticate": "Bearer"}
FAILED = "Something went wrong on the server; its log says what."
DETAILS: dict[type[CoinTrackerError], tuple[int, str]] = {
    BadCredentials: (401, "The name or the password is wrong."),
    NotAllowed: (403, "You don't have permission."),
    CoinNotFound: (404, "No such coin in this snapshot."),
    SnapshotNotFound: (404, "There is no snapshot at or before that time."),
}
"""What is said of errors whose own words are for the log."""


class InvalidFields(CoinTrackerError):
    """What is wrong with a request, by the name of the field."""

    def __init__(self, problems: Mapping[str, list[str]]) -> None:
        super().__init__(str(problems))
        self.problems = dict(problems)


class Refused(CoinTrackerError):
    """A call that must not be served, in words for whoever made it."""


class RefreshFailed(CoinTrackerError):
    """What was asked of a source did not come; in words for whoever asked."""


class TooSlow(CoinTrackerError):
    """It goes on, but longer than anybody should wait for the answer."""


def handle_errors(app: FastAPI) -> None:
    """Have `app` answer each of our errors, and those of its framework."""
    handlers: dict[Any, Callable[[Request, Any], JSONResponse]] = {
        RequestValidationError: _not_valid,
        InvalidFields: lambda _request, exc: invalid(exc.problems),
        InvalidWeights: lambda _request, exc: invalid({"weights": [str(exc)]}),
        InvalidTimeRange: lambda _request, exc: invalid({"from": [str(exc)]}),
        LoginNeeded: lambda _request, _exc: detail(401, "Log in first.", CHALLENGE),
        TooManyAttempts: _throttled,
        Refused: lambda _request, exc: detail(403, str(exc)),
        StorageError: _no_storage,
        RefreshFailed: lambda _request, exc: detail(502, str(exc)),
        SourceError: lambda _request, exc: detail(502, str(exc)),
        TooSlow: lambda _request, exc: detail(504, str(exc)),
        HTTPException: _refused,
        Exception: lambda _request, _exc: detail(500, FAILED),
    }
    for kind, (status, text) in DETAILS.items():
        handlers[kind] = _saying(status, text)
    for error, handler in handlers.items():
        app.add_exception_handler(error, handler)


def invalid(problems: Mapping[str, list[str]]) -> JSONResponse:
    """What was wrong with a request, by the name of the field."""
    answer = Invalid(message="The request has invalid values.", errors=dict(problems))
    return JSONResponse(answer.model_dump(), status_code=400)


def detail(status: int, text: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Why there is no answer."""
    answer: dict[str, Any] = Detail(detail=text).model_dump()
    return JSONResponse(answer, status_code=status, headers=headers)


def _saying(status: int, text: str) -> Callable[[Request, Any], JSONResponse]:
    return lambda _request, _exc: detail(status, text)


def _not_valid(_request: Request, exc: RequestValidationError) -> JSONResponse:
    problems: dict[str, list[str]] = {}
    for error in exc.errors():
        is_unread = error["type"] == "json_invalid"
        name, message = ("body", NOT_READ) if is_unread else (str(error["loc"][-1]), error["msg"])
        problems.setdefault(name, []).append(message)
    return invalid(problems)


def _refused(_request: Request, exc: HTTPException) -> JSONResponse:
    if exc.status_code == 400:
        return invalid({"body": [NOT_READ]})
    return detail(exc.status_code, exc.detail, exc.headers)


def _no_storage(request: Request, exc: StorageError) -> JSONResponse:
    log.error("%s %s: %s", request.method, request.url.path, exc)
    return detail(503, "The database does not answer.")


def _throttled(_request: Request, exc: TooManyAttempts) -> JSONResponse:
    wait = {"Retry-After": str(math.ceil(exc.retry_after_seconds))}
    return detail(429, "Too many attempts.", wait)

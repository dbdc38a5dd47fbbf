"""The OpenAPI document: what the routes declare, and what holds for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from cointracker.api.authorise import PREFIX, READING
from cointracker.api.cookies import CSRF_HEADER, SESSION
from cointracker.api.middleware.authenticate import UNCOUNTED
from cointracker.api.schemas import Detail, Invalid
from cointracker.core.rights import Right

SCHEMES = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A personal token, `ct_…`, created on the Account page.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": SESSION,
        "description": f"Set by a login. Writes need the header `{CSRF_HEADER}` beside it.",
    },
}
TOKEN, COOKIE = {"token": []}, {"session": []}  # type: ignore[var-annotated]
SECURITY: dict[Right, list[dict[str, list[str]]]] = {
    Right.OPEN: [],
    Right.VIEW: [{}, TOKEN, COOKIE],
    Right.OWN: [COOKIE],
    Right.INSPECT: [TOKEN, COOKIE],
    Right.WRITE: [TOKEN, COOKIE],
    Right.MANAGE: [COOKIE],
}
TAKES = {
    Right.OPEN: "Open to everyone.",
    Right.VIEW: "If the access mode is private: requires a login or a token.",
    Right.OWN: "Requires a login.",
    Right.INSPECT: "For admins.",
    Right.WRITE: "For admins; a token needs the scope write.",
    Right.MANAGE: "For logged-in admins.",
}
RETRY = {"Retry-After": {"description": "Seconds", "schema": {"type": "integer", "minimum": 1}}}
REFUSALS = {
    "400": ("Invalid", "The request has invalid values"),
    "401": ("Detail", "A login or token is required, or is not valid"),
    "403": ("Detail", "No permission, a foreign page, or no CSRF token"),
    "408": ("Detail", "The body did not arrive in time"),
    "413": ("Detail", "The body is too long"),
    "429": ("Detail", "Too many calls or attempts"),
    "503": ("Detail", "The database does not answer"),
}
Rights = Mapping[tuple[str, str], Right]
LOGINS = ("/auth/login/", "/auth/ticket/")


def document(app: FastAPI) -> dict[str, Any]:
    """The document of all routes of `app`, built once."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title,
            version=app.version,
            summary="The ranking, its history and its settings, as the pages show them",
            routes=app.routes,
            servers=[{"url": PREFIX}],
        )
        _complete(schema, app.state.features.routes())
        app.openapi_schema = schema
    return app.openapi_schema


def _complete(schema: dict[str, Any], rights: Rights) -> None:
    schemas = schema["components"]["schemas"]
    for framework in ("HTTPValidationError", "ValidationError"):
        schemas.pop(framework, None)
    schemas |= {model.__name__: model.model_json_schema() for model in (Invalid, Detail)}
    schema["components"]["securitySchemes"] = SCHEMES
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            _describe(operation, method.upper(), path, rights)


def _describe(operation: dict[str, Any], method: str, path: str, rights: Rights) -> None:
    """Add to an operation whom it is for, and how it may be refused."""
    right = rights[method, f"{PREFIX}{path}"]
    operation["security"] = SECURITY[right]
    operation["description"] = f"{operation.get('description', '')}\n\n{TAKES[right]}".strip()
    responses = operation["responses"]
    responses.pop("422", None)
    for status in _refusals(operation, method, path, right):
        schema, description = REFUSALS[status]
        responses[status] = answer = _answer(schema, description)
        if status == "429":
            answer["headers"] = RETRY
    operation["responses"] = dict(sorted(responses.items()))


def _refusals(operation: dict[str, Any], method: str, path: str, right: Right) -> list[str]:
    writes = method not in READING
    holds = {
        "400": bool(operation.get("parameters") or operation.get("requestBody")),
        "401": right is not Right.OPEN or path in LOGINS,
        "403": writes or right not in (Right.OPEN, Right.VIEW),
        "408": writes,
        "413": writes,
        "429": path not in UNCOUNTED,
        "503": True,
    }
    return [status for status, is_so in holds.items() if is_so]


def _answer(schema: str, description: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": description, "content": content}

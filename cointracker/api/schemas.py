"""What several routes answer, field by field; the names are part of the contract."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class ResponseModel(BaseModel):
    """The base of every answer: nothing that is not declared leaves the server."""

    model_config = ConfigDict(extra="forbid")


class RequestModel(BaseModel):
    """The base of every body: nothing that is not declared is taken, no text for a number."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Done(ResponseModel):
    """That something was done, in words."""

    status: Literal["success"] = "success"
    message: str


class Invalid(ResponseModel):
    """What was wrong with a request, by the name of the field."""

    status: Literal["error"] = "error"
    message: str = Field(examples=["The request has invalid values."])
    errors: dict[str, list[str]] = Field(examples=[{"page": ["must be 1 or more"]}])


class Detail(ResponseModel):
    """Why there is no answer."""

    detail: str


REFUSED_BY_SOURCE: dict[int | str, dict[str, Any]] = {
    502: {"model": Detail, "description": "A source failed"}
}

"""Login and logout, and who is logged in."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from pydantic import Field

from cointracker.api import cookies
from cointracker.api.authorise import CallerDep, PrincipalDep
from cointracker.api.deps import ServicesDep
from cointracker.api.schemas import Done, RequestModel, ResponseModel
from cointracker.core.rights import Means, Role
from cointracker.core.services import Services
from cointracker.core.web.client_address import Caller
from cointracker.features.accounts.accounts import AccountsService
from cointracker.features.accounts.sessions import SessionsService

router = APIRouter(prefix="/auth", tags=["auth"])


class Credentials(RequestModel):
    """Who wants to log in."""

    username: str = Field(max_length=1_000, examples=["admin"])
    password: str = Field(max_length=1_000, json_schema_extra={"format": "password"})


class Ticket(RequestModel):
    """What a page of the dashboard gave the browser after a login."""

    ticket: str = Field(max_length=200)


class LoggedIn(Done):
    """A session was opened; its cookie comes with the answer."""

    csrf_token: str = Field(description="For the header X-CSRFToken of writes with the cookie")


class Check(ResponseModel):
    """Who calls."""

    authenticated: bool
    username: str | None
    role: Role | None
    csrf_token: str | None = Field(description="Of the cookie's session; null without one")


@router.post("/login/", summary="Log in")
def login(
    credentials: Credentials, services: ServicesDep, caller: CallerDep, response: Response
) -> LoggedIn:
    """Opens a session and sets its cookie, which no script can read.

    After five wrong passwords for a name from an address: 429, for a quarter of an hour.
    """
    user = services[AccountsService].log_in(
        credentials.username, credentials.password, caller.address
    )
    return _begin(services, services[SessionsService].open(user), caller, response)


@router.post("/ticket/", summary="Exchange a page's ticket for a session")
def ticket(
    request: Ticket, services: ServicesDep, caller: CallerDep, response: Response
) -> LoggedIn:
    """For the dashboard's own pages; a ticket holds once, for a minute."""
    return _begin(services, services[SessionsService].redeem(request.ticket), caller, response)


@router.post("/logout/", summary="Log out")
def logout(request: Request, services: ServicesDep, caller: CallerDep, response: Response) -> Done:
    """Ends the cookie's session; without one there is nothing to end."""
    services[SessionsService].close(request.cookies.get(cookies.SESSION, ""), caller.address)
    cookies.take_back(response, is_tls=caller.is_tls)
    return Done(message="You are logged out.")


@router.get("/check/", summary="Who is logged in")
def check(request: Request, services: ServicesDep, by: PrincipalDep) -> Check:
    """By cookie or token; open to everyone."""
    cookie = request.cookies.get(cookies.SESSION, "") if by.means is Means.SESSION else ""
    return Check(
        authenticated=by.role is not None,
        username=by.name or None,
        role=by.role,
        csrf_token=services[SessionsService].csrf(cookie) or None,
    )


def _begin(services: Services, cookie: str, caller: Caller, response: Response) -> LoggedIn:
    csrf = services[SessionsService].csrf(cookie)
    cookies.give(response, cookie, csrf, is_tls=caller.is_tls)
    return LoggedIn(message="You are logged in.", csrf_token=csrf)

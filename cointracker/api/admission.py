"""Who may have what lies beside the API's own routes: the WebSocket and the metrics (SPEC 7)."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from cointracker.api.gate import who
from cointracker.errors import LoginNeeded
from cointracker.services import Services
from cointracker.services.access import Right, require

LOG_IN, REFUSED = "Log in first, or send a token.", "That is not yours to see."


def admit(services: Services, asked: HTTPConnection, right: Right) -> None:
    """Let in whoever asks, by token or cookie. Raises LoginNeeded, NotAllowed.

    A token that does not hold is refused where everybody is let in, too.
    """
    by = who(services, asked, asked.client.host if asked.client else "")
    if by.role is None and "authorization" in asked.headers:
        raise LoginNeeded
    require(by, right, services.access())

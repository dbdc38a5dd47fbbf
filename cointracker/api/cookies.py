"""The two cookies of a browser: its session, and the token that its writes must show."""

from __future__ import annotations

from fastapi import Response

from cointracker.core.web import session_cookie

SESSION, CSRF = session_cookie.NAME, "csrftoken"
CSRF_HEADER = "X-CSRFToken"


def give(response: Response, cookie: str, csrf: str, *, is_tls: bool) -> None:
    """Let the browser keep the session, which no script can read, and the token, which ours can.

    How long the session holds is the server's to say.
    """
    seconds = int(session_cookie.MAX_AGE.total_seconds())
    for name, value, is_hidden in ((SESSION, cookie, True), (CSRF, csrf, False)):
        response.set_cookie(
            name,
            value,
            max_age=seconds,
            path="/",
            secure=is_tls,
            httponly=is_hidden,
            samesite="lax",
        )


def take_back(response: Response, *, is_tls: bool) -> None:
    """Let the browser forget both."""
    for name, is_hidden in ((SESSION, True), (CSRF, False)):
        response.delete_cookie(name, path="/", secure=is_tls, httponly=is_hidden, samesite="lax")

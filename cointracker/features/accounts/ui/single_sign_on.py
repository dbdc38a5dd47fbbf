"""Single sign-on through Streamlit's own OpenID Connect; its identity becomes a session of ours.

Streamlit keeps what the identity provider told in a cookie of 30 days, which no change of a user
would end. So it counts only for moments after it was told, and once.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Mapping
from typing import Any

import streamlit as st

from cointracker.core.errors import AccessError, NotAllowed
from cointracker.core.services import services
from cointracker.features.accounts.accounts import AccountsService
from cointracker.features.accounts.ui import session_cookie
from cointracker.ui import access, error_messages, session
from cointracker.ui.i18n import t
from cointracker.ui.parts import flash

FRESH_SECONDS = 120
MAX_REMEMBERED = 10_000


class _Used:
    """Which answers of identity providers have been used."""

    def __init__(self) -> None:
        self._known: deque[tuple[Any, ...]] = deque(maxlen=MAX_REMEMBERED)
        self._lock = threading.Lock()

    def take(self, answer: tuple[Any, ...]) -> bool:
        """Whether the answer was not used before; from now on it is."""
        with self._lock:
            if answer in self._known:
                return False
            self._known.append(answer)
            return True


_used = _Used()


def providers() -> dict[str, str]:
    """The identity providers of secrets.toml: how `st.login` names each, and what to call it."""
    if not st.secrets.load_if_toml_exists():
        return {}
    auth = st.secrets.get("auth", {})
    named = {name: name for name, value in auth.items() if isinstance(value, Mapping)}
    return ({"": ""} if "client_id" in auth else {}) | named


def buttons() -> None:
    """Draw a button for each identity provider; nothing where there is none."""
    known = providers()
    if known:
        session_cookie.remember_in_browser(session.here())
    for name, title in known.items():
        label = t("Log in with {provider}", provider=error_messages.plain(title))
        st.button(
            label if title else t("Log in with single sign-on"),
            key=f"sign-on-{name}",
            icon=":material/passkey:",
            on_click=st.login,
            args=(name or None,),
            width="stretch",
        )


def handle(path: str) -> None:
    """Before a page is drawn: log in who comes back from an identity provider, or say why not."""
    finish(path)
    refused(path)


def finish(path: str) -> None:
    """Log in who comes back from an identity provider, if their e-mail address is a user here.

    path: of the page being drawn; `refused` tells there of what came of it.
    """
    if access.principal().role is not None or not st.user.get("is_logged_in"):
        return
    claims = st.user.to_dict()
    email = str(claims.get("email") or claims.get("sub"))
    if not _is_fresh(claims) or not _used.take(
        (claims.get("iss"), claims.get("sub"), claims["iat"])
    ):
        return
    try:
        user = services()[AccountsService].by_email(_verified(claims), access.address())
    except AccessError:
        problem = t(
            "{email} has no account here: an admin must add this address as a user, and the "
            "identity provider must have verified it.",
            email=error_messages.plain(email),
        )
        flash.put(problem, is_good=False, place=_place(path))
        return
    session_cookie.enter(user, None)


def refused(path: str) -> None:
    """Say that the identity provider's answer opens nothing here, if that was so."""
    flash.show(_place(path))


def _place(path: str) -> str:
    """Where a page says so: on the page alone that the answer came to."""
    return f"sign-on-{path}"


def _verified(claims: Mapping[str, Any]) -> str:
    """The e-mail address that was told, if it is proved to be theirs. Raises NotAllowed."""
    if claims.get("email_verified") is not True or not claims.get("email"):
        raise NotAllowed
    return str(claims["email"])


def _is_fresh(claims: Mapping[str, Any]) -> bool:
    """Whether the answer was given just now; clocks may differ by as much."""
    at = claims.get("iat")
    return isinstance(at, int | float) and abs(time.time() - at) < FRESH_SECONDS

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

from cointracker.errors import AccessError, NotAllowed
from cointracker.services import services
from cointracker.ui import access, problems, session
from cointracker.ui.i18n import t
from cointracker.ui.login import exchange

FRESH_SECONDS = 120
MOST_REMEMBERED = 10_000
REFUSED = "_refused_sign_on"


class _Used:
    """Which answers of identity providers have been used."""

    def __init__(self) -> None:
        self._known: deque[tuple[Any, ...]] = deque(maxlen=MOST_REMEMBERED)
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
        exchange.remember_in_browser(session.here())
    for name, title in known.items():
        label = t("Log in with {provider}", provider=problems.plain(title))
        st.button(
            label if title else t("Log in by single sign-on"), key=f"sign-on-{name}",
            icon=":material/passkey:", on_click=st.login, args=(name or None,), width="stretch",
        )  # fmt: skip


def finish(path: str) -> None:
    """Log in who comes back from an identity provider, if their e-mail address is a user here.

    path: of the page being drawn; `refused` tells there of what came of it.
    """
    if access.principal().role is not None or not st.user.get("is_logged_in"):
        return
    told = st.user.to_dict()
    email = str(told.get("email") or told.get("sub"))
    if not _is_fresh(told) or not _used.take((told.get("iss"), told.get("sub"), told["iat"])):
        return
    try:
        user = services().accounts.by_email(_verified(told), access.address())
    except AccessError:
        session.put(REFUSED, (path, email))
        return
    exchange.enter(user, None)


def refused(path: str) -> None:
    """Say that the identity provider's answer opens nothing here, if that was so."""
    here, email = session.value(REFUSED, ("", ""))
    if not email or here != path:
        session.reset(REFUSED)
        return
    st.error(
        t(
            "{email} may not enter: an admin has to add this address as a user, and the identity"
            " provider has to have verified it.",
            email=problems.plain(email),
        ),
        icon=":material/error:",
    )


def _verified(told: Mapping[str, Any]) -> str:
    """The e-mail address that was told, if it is proved to be theirs. Raises NotAllowed."""
    if told.get("email_verified") is not True or not told.get("email"):
        raise NotAllowed
    return str(told["email"])


def _is_fresh(told: Mapping[str, Any]) -> bool:
    """Whether the answer was given just now; clocks may differ by as much."""
    at = told.get("iat")
    return isinstance(at, int | float) and abs(time.time() - at) < FRESH_SECONDS

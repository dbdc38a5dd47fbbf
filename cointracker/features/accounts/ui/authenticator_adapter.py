"""streamlit-authenticator's login and logout over our own accounts and sessions.

Its own model checks passwords against a file, and its cookie is set by a script, so that any
script can read it, through an iframe that hands Python all cookies there are. So neither is made:
the widgets get controllers of ours.
"""

from __future__ import annotations

from typing import Any

from streamlit_authenticator import Authenticate

from cointracker.core.errors import AccessError, TooManyAttempts
from cointracker.core.rights import Principal
from cointracker.core.services import services
from cointracker.features.accounts.accounts import AccountsService
from cointracker.features.accounts.ui import session_cookie
from cointracker.ui import access, state
from cointracker.ui.i18n import reader, t

STATUS = "authentication_status"


def refusal(error: AccessError, wrong: str) -> str:
    """Why a password opened nothing; `wrong` where it does not hold."""
    if not isinstance(error, TooManyAttempts):
        return wrong
    wait = reader().age(error.retry_after_seconds)
    return t("Too many attempts. Try again in {wait}.", wait=wait)


class AuthenticatorAdapter(Authenticate):  # type: ignore[misc]
    """The widgets. to: where to go on afterwards; problem: why the last attempt failed."""

    def __init__(self, to: str) -> None:
        self.attrs = {"login_sleep_time": 0}
        self.path = None
        self.secret_key = ""
        self.authentication_controller = _Accounts()
        self.cookie_controller = _Cookie(self.authentication_controller, to)

    @property
    def problem(self) -> str:
        """Why the attempt of this run failed, in a sentence; empty when there was none."""
        return str(self.authentication_controller.problem)

    def log_in(self) -> None:
        """Draw the form; with the right password nothing more of the page is drawn."""
        state.put(STATUS, None)
        fields = {
            "Form name": t("Name and password"),
            "Username": t("Name"),
            "Password": t("Password"),
            "Login": t("Log in"),
        }
        self.login(fields=fields, key="login")

    def log_out(self) -> None:
        """Draw the button; after a click nothing more of the page is drawn."""
        state.put(STATUS, True)
        self.logout(t("Log out"), key="logout")


class _Accounts:
    """In place of the library's AuthenticationController: asks our accounts."""

    def __init__(self) -> None:
        self.problem = ""
        self.user: Principal | None = None

    def login(self, username: str, password: str, *_bounds: object, **_more: object) -> bool:
        """Whether this is a user with their password; `problem` says why not."""
        try:
            self.user = services()[AccountsService].log_in(username, password, access.address())
        except AccessError as exc:
            self.problem = refusal(exc, t("Name or password is wrong."))
        return self.user is not None

    def logout(self, _callback: Any = None) -> None:
        """Nothing: the cookie's controller ends the session."""


class _Cookie:
    """In place of the library's CookieController: our session's cookie, set by the server."""

    def __init__(self, accounts: _Accounts, to: str) -> None:
        self._accounts = accounts
        self._to = to

    def get_cookie(self) -> None:
        """None: who has a session is not asked for a password."""

    def set_cookie(self) -> None:
        """Give the browser the session of who has just logged in."""
        if self._accounts.user is not None:
            session_cookie.enter(self._accounts.user, self._to)

    def delete_cookie(self) -> None:
        """End the session."""
        session_cookie.leave(self._to)

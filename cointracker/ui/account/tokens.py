"""The reader's tokens for the API: made, shown once, listed, and revoked."""

from __future__ import annotations

from functools import partial

import streamlit as st

from cointracker.errors import CoinTrackerError
from cointracker.i18n import N_, isolated
from cointracker.services import services
from cointracker.services.tokens import NAME_CHARS, Scope, Token
from cointracker.ui import access, once, problems, session, told
from cointracker.ui.i18n import reader, t, when

PATH, NAME = "account", "token-name"
SCOPES = {Scope.READ: N_("read"), Scope.WRITE: N_("read and write")}
DAYS = (7, 30, 90, 365)
USUAL_DAYS = 90


def show() -> None:
    """Draw the tokens, and the form that makes one more."""
    st.subheader(t("API tokens"), anchor=False)
    st.caption(t("A program that sends one may do through the API what you may, within its scope."))
    told.show()
    tokens = services().tokens.of(access.principal())
    if not tokens:
        st.caption(t("You have none."))
    with st.container(key="tokens", gap="small"):
        for token in tokens:
            _row(token)
    _form()


def _row(token: Token) -> None:
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute",
        key=f"row-token-{token.token_id}",
    ):  # fmt: skip
        name = isolated(problems.plain(token.name))
        st.markdown(f"**{name}**  \n:small[{_facts(token)}]", width="stretch")
        with st.popover(t("Revoke"), key=f"revoke-{token.token_id}"):
            st.markdown(t("Programs that use {name} are refused from then on.", name=name))
            st.button(
                t("Revoke it"), on_click=_revoke, args=(token,), type="primary",
                key=f"revoke-now-{token.token_id}",
            )  # fmt: skip


def _facts(token: Token) -> str:
    """Scope, expiry and last use, as one line."""
    used = t("last used {instant}", instant=when(token.last_used_at)) if token.last_used_at else ""
    return reader().listed(
        [
            t(SCOPES[token.scope]),
            t("until {instant}", instant=when(token.expires_at)),
            used or t("never used"),
        ]
    )


def _form() -> None:
    with st.container(width=560, key="new-token"), st.form("new-token-form"):
        st.text_input(
            t("Name"), key=NAME, max_chars=NAME_CHARS, autocomplete="off",
            placeholder=t("What it is for"),
        )  # fmt: skip
        code = reader().code
        st.segmented_control(
            t("Scope"), list(Scope), default=Scope.READ, required=True,
            format_func=lambda scope: t(SCOPES[scope]), key=f"token-scope-{code}",
        )  # fmt: skip
        st.segmented_control(
            t("Holds for"), DAYS, default=USUAL_DAYS, required=True,
            format_func=_span, key=f"token-days-{code}",
        )  # fmt: skip
        st.form_submit_button(t("Make a token"), on_click=_make, args=(code,), key="make-token")


def _span(days: int) -> str:
    return reader().own_way(reader().age(days * 86_400))


def _make(code: str) -> None:
    scope = session.value(f"token-scope-{code}", Scope.READ)
    days = session.value(f"token-days-{code}", USUAL_DAYS)
    name = str(session.value(NAME, ""))
    try:
        token, secret = services().tokens.make(access.principal(), name, scope, days)
    except CoinTrackerError as exc:
        told.put(False, problems.in_words(exc))
        return
    session.put(NAME, "")
    title = t("The token {name}.", name=isolated(problems.plain(token.name)))
    once.put(PATH, title, secret)


def _revoke(token: Token) -> None:
    name = isolated(problems.plain(token.name))
    revoke = partial(services().tokens.revoke, access.principal(), token.token_id)
    told.of(revoke, t("{name} is revoked.", name=name))

"""The reader's tokens for the API: made, shown once, listed, and revoked."""

from __future__ import annotations

from functools import partial

import streamlit as st

from cointracker.core.errors import CoinTrackerError
from cointracker.core.i18n import N_, isolated
from cointracker.core.services import services
from cointracker.features.accounts.tokens import NAME_CHARS, Scope, Token, TokensService
from cointracker.ui import access, error_messages, state
from cointracker.ui.i18n import reader, t, when
from cointracker.ui.parts import flash, one_time_secret

PATH, NAME = "account", "token-name"
SCOPES = {Scope.READ: N_("read"), Scope.WRITE: N_("read and write")}
DAYS = (7, 30, 90, 365)
USUAL_DAYS = 90


def show() -> None:
    """Draw the tokens, and the form that makes one more."""
    st.subheader(t("API tokens"), anchor=False)
    st.caption(
        t(
            "A program that sends a token can do through the API what you can, within the token's"
            " scope."
        )
    )
    flash.show()
    tokens = services()[TokensService].of(access.principal())
    if not tokens:
        st.caption(t("You have no tokens."))
    with st.container(key="tokens", gap="small"):
        for token in tokens:
            _row(token)
    _form()


def _row(token: Token) -> None:
    with st.container(
        horizontal=True,
        vertical_alignment="center",
        horizontal_alignment="distribute",
        key=f"row-token-{token.token_id}",
    ):
        name = isolated(error_messages.plain(token.name))
        st.markdown(f"**{name}**  \n:small[{_facts(token)}]", width="stretch")
        with st.popover(t("Revoke"), key=f"revoke-{token.token_id}"):
            st.markdown(t("Programs that use {name} will be refused from then on.", name=name))
            st.button(
                t("Revoke token"),
                on_click=_revoke,
                args=(token,),
                type="primary",
                key=f"revoke-now-{token.token_id}",
            )


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
            t("Name"),
            key=NAME,
            max_chars=NAME_CHARS,
            autocomplete="off",
            placeholder=t("Purpose"),
        )
        code = reader().code
        st.segmented_control(
            t("Scope"),
            list(Scope),
            default=Scope.READ,
            required=True,
            format_func=lambda scope: t(SCOPES[scope]),
            key=f"token-scope-{code}",
        )
        st.segmented_control(
            t("Valid for"),
            DAYS,
            default=USUAL_DAYS,
            required=True,
            format_func=_span,
            key=f"token-days-{code}",
        )
        st.form_submit_button(t("Create token"), on_click=_make, args=(code,), key="make-token")


def _span(days: int) -> str:
    return reader().own_way(reader().age(days * 86_400))


def _make(code: str) -> None:
    scope = state.value(f"token-scope-{code}", Scope.READ)
    days = state.value(f"token-days-{code}", USUAL_DAYS)
    name = str(state.value(NAME, ""))
    try:
        token, secret = services()[TokensService].make(access.principal(), name, scope, days)
    except CoinTrackerError as exc:
        flash.put(error_messages.in_words(exc), is_good=False)
        return
    state.put(NAME, "")
    title = t("Token {name}.", name=isolated(error_messages.plain(token.name)))
    one_time_secret.put(PATH, title, secret)


def _revoke(token: Token) -> None:
    name = isolated(error_messages.plain(token.name))
    revoke = partial(services()[TokensService].revoke, access.principal(), token.token_id)
    flash.attempt(revoke, t("{name} has been revoked.", name=name))

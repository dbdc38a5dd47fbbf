"""Strips about databases that did not open and were set aside."""

from __future__ import annotations

import streamlit as st

from cointracker.i18n import isolated
from cointracker.services import services
from cointracker.storage.salvage import Damage
from cointracker.ui import problems
from cointracker.ui.i18n import t, when

RESTORE = "python -m cointracker restore"


def show() -> None:
    """What happened to each database that still lies aside, what is shown, and what can be done."""
    found = services().damages()
    if found:
        with st.container(key="strip-damaged"):
            for damage in found:
                st.markdown(f":material/heart_broken: {_told(damage)}")


def _told(damage: Damage) -> str:
    title = t("The database {name} was damaged.", name=_code(damage.name))
    went_on = _log_lost(damage) if damage.only_log else _began_anew(damage)
    back = t(
        "To go back to a backup, stop the server and run {command}."
        " This message ends when the file is moved away.",
        command=_code(RESTORE),
    )
    return f"**{title}** {went_on} {back}"


def _log_lost(damage: Damage) -> str:
    return t(
        "On {instant} a part of its log of latest changes could not be read, so what was stored"
        " last may be missing; all else is shown. As it was, it lies in the data folder as {file}.",
        instant=when(damage.at), file=_code(damage.path.name),
    )  # fmt: skip


def _began_anew(damage: Damage) -> str:
    return t(
        "On {instant} it did not open. It lies unchanged in the data folder as {file}."
        " A new database was begun; what the source still tells of the past is filled in.",
        instant=when(damage.at), file=_code(damage.path.name),
    )  # fmt: skip


def _code(text: str) -> str:
    return isolated(problems.plain(text))

"""Strips about databases that did not open and were set aside."""

from __future__ import annotations

import streamlit as st

from cointracker.core.i18n import isolated
from cointracker.core.services import services
from cointracker.features.monitoring.service import DamagedFiles
from cointracker.storage.salvage import Damage
from cointracker.ui import error_messages
from cointracker.ui.i18n import t, when

RESTORE = "python -m cointracker restore"


def show() -> None:
    """What happened to each database that still lies aside, what is shown, and what can be done."""
    damages = services()[DamagedFiles].all()
    if damages:
        with st.container(key="strip-damaged"):
            for damage in damages:
                st.markdown(f":material/heart_broken: {_told(damage)}")


def _told(damage: Damage) -> str:
    title = t("The database {name} was damaged.", name=_code(damage.name))
    went_on = _log_lost(damage) if damage.only_log else _began_anew(damage)
    back = t(
        "To restore a backup, stop the server and run {command}. This message disappears when the"
        " file is moved away.",
        command=_code(RESTORE),
    )
    return f"**{title}** {went_on} {back}"


def _log_lost(damage: Damage) -> str:
    return t(
        "On {instant} part of its write-ahead log could not be read, so the latest changes may be"
        " missing; everything else is shown. The original is in the data folder as {file}.",
        instant=when(damage.at),
        file=_code(damage.path.name),
    )


def _began_anew(damage: Damage) -> str:
    return t(
        "On {instant} it could not be opened. It is unchanged in the data folder as {file}. A new"
        " database was started, and is filled with the history that the provider still offers.",
        instant=when(damage.at),
        file=_code(damage.path.name),
    )


def _code(text: str) -> str:
    return isolated(error_messages.plain(text))

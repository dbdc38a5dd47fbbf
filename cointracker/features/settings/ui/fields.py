"""The fields of the form: each shows what counts now, and below it what is wrong with its text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

import streamlit as st

from cointracker.core.errors import ConfigError
from cointracker.core.i18n import left_to_right
from cointracker.core.services import services
from cointracker.core.settings import Field, Setting
from cointracker.features.settings.service import SettingsService
from cointracker.features.settings.ui import form_state, words
from cointracker.ui.i18n import reader, t


@dataclass(frozen=True)
class Fields:
    """Draws fields. problems: what is wrong, by the name of the setting; is_open: whether they
    may be changed here."""

    problems: Mapping[str, ConfigError]
    is_open: bool

    def draw(self, setting: Setting[Any]) -> None:
        """Draw the field of a setting, if it has one."""
        field = setting.field
        if field is None:
            return
        if setting.is_secret:
            self._secret(setting.name, field)
        elif field.options is not None:
            self._choice(setting, field, field.options)
        else:
            self._number(setting, field)
        self._problem(setting.name)

    def _number(self, setting: Setting[Any], field: Field) -> None:
        """A whole number, in the reader's digits."""
        now = str(services()[SettingsService].current()[setting])
        st.text_input(
            t(field.label),
            reader().digits(now),
            key=form_state.key(setting.name),
            help=_help(field),
            live=True,
            disabled=not self.is_open,
            autocomplete="off",
        )

    def _choice(self, setting: Setting[Any], field: Field, options: tuple[str, ...]) -> None:
        """One of a few, or of many."""
        now = services()[SettingsService].current()[setting]
        names = field.names or {}
        st.selectbox(
            t(field.label),
            options,
            options.index(now),
            format_func=lambda code: t(names[code]) if code in names else field.write(code),
            key=form_state.key(setting.name),
            help=_help(field),
            disabled=not self.is_open,
        )

    def _secret(self, name: str, field: Field) -> None:
        """A secret: what is there is shown masked, and only to who may change it."""
        mask = services()[SettingsService].masked()[name]
        with st.container(horizontal=True, vertical_alignment="bottom", key=f"row-{name}"):
            st.text_input(
                t(field.label),
                key=form_state.key(name),
                help=_help(field),
                type="password",
                placeholder=self._mask(mask),
                disabled=not self.is_open,
                autocomplete=cast(Literal["off", "new-password"], field.autocomplete),
                live=True,
            )
            if mask and self.is_open:
                st.button(
                    t("Remove"),
                    key=f"remove-{name}",
                    on_click=form_state.remove,
                    args=(name,),
                    help=t("Remove {what}", what=t(field.label)),
                )

    def _mask(self, mask: str) -> str:
        if not mask:
            return t("none")
        return left_to_right(mask) if self.is_open else t("set")

    def _problem(self, name: str) -> None:
        error = self.problems.get(name)
        if error is not None:
            with st.container(key=f"problem-{name}"):
                st.markdown(f":red[:material/error: {words.problem(error)}]")


def _help(field: Field) -> str | None:
    return t(field.help) if field.help else None

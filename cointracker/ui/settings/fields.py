"""The fields of the form: each shows what counts now, and below it what is wrong with its text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from cointracker.errors import ConfigError
from cointracker.i18n import left_to_right
from cointracker.services import services
from cointracker.ui.i18n import reader, t
from cointracker.ui.settings import wishes, words


@dataclass(frozen=True)
class Fields:
    """Draws fields. problems: what is wrong, by the name of the setting; is_open: whether they
    may be changed here."""

    problems: Mapping[str, ConfigError]
    is_open: bool

    def number(self, name: str, label: str, about: str) -> None:
        """A whole number, in the reader's digits."""
        now = str(getattr(services().settings.current(), name))
        st.text_input(
            label, reader().digits(now), key=wishes.key(name), help=about, live=True,
            disabled=not self.is_open, autocomplete="off",
        )  # fmt: skip
        self._problem(name)

    def choice(
        self,
        name: str,
        label: str,
        options: Sequence[str],
        called: Callable[[str], str] = words.choice,
        about: str | None = None,
    ) -> None:
        """One of a few, or of many."""
        now = getattr(services().settings.current(), name)
        st.selectbox(
            label, options, options.index(now), format_func=called, key=wishes.key(name),
            help=about, disabled=not self.is_open,
        )  # fmt: skip
        self._problem(name)

    def secret(
        self,
        name: str,
        label: str,
        about: str,
        autocomplete: Literal["off", "new-password"] = "new-password",
    ) -> None:
        """A secret: what is there is shown masked, and only to who may change it."""
        mask = services().settings.masked()[name]
        with st.container(horizontal=True, vertical_alignment="bottom", key=f"row-{name}"):
            st.text_input(
                label, key=wishes.key(name), help=about, type="password",
                placeholder=self._mask(mask), disabled=not self.is_open, autocomplete=autocomplete,
                live=True,
            )  # fmt: skip
            if mask and self.is_open:
                st.button(
                    t("Remove"), key=f"remove-{name}", on_click=wishes.remove, args=(name,),
                    help=t("Remove {what}", what=label),
                )  # fmt: skip
        self._problem(name)

    def _mask(self, mask: str) -> str:
        if not mask:
            return t("none")
        return left_to_right(mask) if self.is_open else t("set")

    def _problem(self, name: str) -> None:
        error = self.problems.get(name)
        if error is not None:
            with st.container(key=f"problem-{name}"):
                st.markdown(f":red[:material/error: {words.problem(error)}]")

"""The gate: every page, for everybody, in both access modes; and what nobody declares."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from cointracker.bootstrap.features import FEATURES
from cointracker.core.errors import LoginNeeded, NotAllowed
from cointracker.core.rights import NOBODY, Means, Mode, Principal, Right, Role
from cointracker.core.services import Services, install
from cointracker.core.settings import Settings
from cointracker.features.monitoring.ui import header
from cointracker.ui import access

ROOT = Path(__file__).parents[2]
VIEWER = Principal("kim", Role.VIEWER, Means.SESSION, may_write=True, session_id="1")
ADMIN = Principal("admin", Role.ADMIN, Means.SESSION, may_write=True, session_id="2")
PUBLIC = {
    NOBODY: {"", "coin", "weights", "health", "login"},
    VIEWER: {"", "coin", "weights", "health", "login", "account"},
    ADMIN: {
        "",
        "coin",
        "weights",
        "health",
        "login",
        "account",
        "settings",
        "users",
        "audit",
    },
}
PRIVATE = PUBLIC | {NOBODY: {"login"}}
SEEN = {Mode.PUBLIC_READ: PUBLIC, Mode.PRIVATE: PRIVATE}


class Identity:
    """Whoever asks is the same."""

    def __init__(self, reader: Principal) -> None:
        self.reader = reader

    def by_cookie(self, _cookie: str, _address: str = "") -> Principal:
        return self.reader


@pytest.fixture
def serving(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """Services that know only who reads, under pages without a head."""
    monkeypatch.setattr(header, "show", lambda title: None)
    monkeypatch.setattr(st, "page_link", lambda page, **how: None)
    found = SimpleNamespace(
        features=FEATURES,
        identity=Identity(NOBODY),
        mode=lambda: Mode.PRIVATE,
        settings=Settings(language="en"),
    )
    install(cast(Services, found))
    yield found
    install(None)


def attempt(path: str) -> None:
    """A dashboard whose only page says that it was drawn."""
    import streamlit as st

    from cointracker.features.accounts.ui import login_form, single_sign_on
    from cointracker.features.monitoring.ui import header
    from cointracker.ui import page_gate

    class Page:
        url_path = path
        title = "A page"

        def run(self) -> None:
            st.write("drawn")

    shell = page_gate.Shell(single_sign_on.handle, header.show, login_form.show, login_form.PAGE)
    page_gate.draw(Page(), shell)  # type: ignore[arg-type]


def is_drawn(path: str) -> bool:
    app = AppTest.from_function(attempt, args=(path,), default_timeout=60).run()
    assert not app.exception
    drawn = [element.value for element in app.markdown] == ["drawn"]
    assert drawn or app.info or app.warning or app.text_input, "it says nothing"
    return drawn


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("reader", [NOBODY, VIEWER, ADMIN], ids=["nobody", "viewer", "admin"])
def test_every_page_is_drawn_for_who_may_see_it(
    serving: SimpleNamespace, mode: Mode, reader: Principal
) -> None:
    serving.mode, serving.identity.reader = lambda: mode, reader
    assert {path for path in FEATURES.pages if is_drawn(path)} == SEEN[mode][reader]


def test_a_page_that_no_feature_declares_is_drawn_for_nobody(serving: SimpleNamespace) -> None:
    serving.mode, serving.identity.reader = lambda: Mode.PUBLIC_READ, ADMIN
    assert not is_drawn("new")


def test_features_declare_the_pages_there_are_and_all_pass_the_gate() -> None:
    tree = ast.parse((ROOT / "dashboard.py").read_text(encoding="utf-8"))
    assert "st.Page" not in ast.unparse(tree)
    paths = {path: Path(page.file) for path, page in FEATURES.pages.items()}
    assert set(paths.values()) == {path.relative_to(ROOT) for path in (ROOT / "pages").glob("*.py")}
    assert {path or "ranking" for path in paths} == {file.stem for file in paths.values()}
    assert ast.unparse(tree.body[-1]).startswith("page_gate.draw(")
    assert ".run(" not in ast.unparse(tree)


def test_a_file_is_made_for_who_may_have_it_at_that_time(serving: SimpleNamespace) -> None:
    serving.identity.reader = ADMIN
    made = access.while_allowed(Right.MANAGE, lambda: b"the log")
    assert made() == b"the log"
    serving.identity.reader = VIEWER
    with pytest.raises(NotAllowed):
        made()
    serving.identity.reader = NOBODY
    with pytest.raises(LoginNeeded):
        made()


def test_every_file_is_made_so() -> None:
    for file in (ROOT / "cointracker").rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        assert text.count("st.download_button(") == text.count("access.while_allowed("), file


def test_no_part_draws_itself_again_without_looking_who_reads() -> None:
    for file in (ROOT / "cointracker").rglob("*.py"):
        if file != ROOT / "cointracker" / "ui" / "fragments.py":
            text = file.read_text(encoding="utf-8")
            assert "st.fragment" not in text, file
            assert "st.dialog" not in text, file

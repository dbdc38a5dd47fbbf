"""The layout holds itself: who imports whom, how long a page is, and what is not in it."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "pages").glob("*.py"))
ENTRIES = [ROOT / "app.py", ROOT / "dashboard.py"]
MOST_LINES = {"app.py": 25, "dashboard.py": 60}
MOST_LINES_OF_A_PAGE = 80
FOR_PAGES = ("streamlit", "cointracker.ui", "cointracker.services")
FOR_ENTRIES = (*FOR_PAGES, "cointracker.bootstrap")
NOT_IN_A_PAGE = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.Try, ast.BinOp,
)  # fmt: skip


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imported(tree: ast.AST) -> Iterator[str]:
    """The modules that are imported; of `from a import b`, `a.b`, for b may be one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_within(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def test_there_are_pages() -> None:
    assert PAGES


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_a_page_loads_filters_and_draws(path: Path) -> None:
    """No function, class, try, arithmetic, session state or cache of its own (STYLE)."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert [m for m in imported(tree) if not is_within(m, FOR_PAGES)] == []
    assert [type(node).__name__ for node in ast.walk(tree) if isinstance(node, NOT_IN_A_PAGE)] == []
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not attributes & {"session_state", "cache_data", "cache_resource"}
    assert ast.get_docstring(tree)


@pytest.mark.parametrize("path", ENTRIES, ids=named)
def test_an_entry_imports_the_screen_and_what_builds_the_rest(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert [m for m in imported(tree) if not is_within(m, FOR_ENTRIES)] == []


@pytest.mark.parametrize("path", [*ENTRIES, *PAGES], ids=named)
def test_entries_and_pages_are_short(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= MOST_LINES.get(path.name, MOST_LINES_OF_A_PAGE)


def test_streamlit_finds_the_app() -> None:
    """`streamlit run` reads the source: it must assign `app` a call of `st.App`."""
    tree = ast.parse((ROOT / "app.py").read_text(encoding="utf-8"))
    assigned = {
        ast.unparse(node.targets[0]): ast.unparse(node.value.func)
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
    }
    assert assigned["app"] == "st.App"


def test_the_layers_hold() -> None:
    """import-linter's contracts in pyproject.toml."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout

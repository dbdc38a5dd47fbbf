"""The layout holds itself: who imports whom, how long a page is, and what is not in it."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "pages").glob("*.py"))
ENTRIES = [ROOT / "app.py", ROOT / "dashboard.py"]
MAX_LINES = {"app.py": 25, "dashboard.py": 60}
MAX_LINES_OF_A_PAGE = 80
MAX_MODULES = 14
"""Side by side in one package."""
FOR_PAGES = ("streamlit", "cointracker.ui", "cointracker.core.services")
FOR_ENTRIES = (*FOR_PAGES, "cointracker.bootstrap")
FEATURE = re.compile(r"cointracker\.features\.\w+\.(?P<part>\w+)(\.|$)")
FRONT, DECLARED = ("ui", "api", "metrics"), ("feature", "migrations", "store")
"""Parts of a feature's folder: what faces readers and callers; and what is no service either."""
SLOW_TO_LOAD = ("fastapi", "plotly", "prometheus_client", "starlette", "streamlit", "uvicorn")
MISSING_DOCUMENT = re.compile(r"\bSPEC\b")
DOCUMENT = re.compile(r"[\w-]+\.md\b")
NOT_A_BOUND = re.compile(r"\b_?(MOST|LEAST|LONGEST|SHORTEST)_[A-Z]\w*")
SOURCES = [
    path
    for folder in ("cointracker", "tests", "benchmarks", "scripts", "pages")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in (".py", ".js") and path != Path(__file__)
]
PACKAGES = sorted({path.parent for path in (ROOT / "cointracker").rglob("*.py")})
SERVICES = sorted(
    path
    for path in (ROOT / "cointracker" / "features").glob("*/**/*.py")
    if path.relative_to(ROOT / "cointracker" / "features").parts[1].removesuffix(".py")
    not in (*FRONT, "feature")
)
NOT_IN_A_PAGE = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Lambda,
    ast.Try,
    ast.BinOp,
)


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


def part_of(module: str) -> str | None:
    """The part of a feature's folder that a module lies in."""
    found = FEATURE.match(module)
    return found["part"] if found else None


def is_for_pages(module: str) -> bool:
    """The screen, what stands for a feature there, or the class of a service."""
    if is_within(module, FOR_PAGES) or part_of(module) == "ui":
        return True
    if part_of(module) in (None, *FRONT, *DECLARED):
        return False
    path, _, name = module.rpartition(".")
    return inspect.isclass(getattr(importlib.import_module(path), name))


def test_there_are_pages_services_and_packages() -> None:
    assert PAGES
    assert SERVICES
    assert PACKAGES
    assert SOURCES


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_a_page_loads_filters_and_draws(path: Path) -> None:
    """No function, class, try, arithmetic, session state or cache of its own."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert [m for m in imported(tree) if not is_for_pages(m)] == []
    assert [type(node).__name__ for node in ast.walk(tree) if isinstance(node, NOT_IN_A_PAGE)] == []
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not attributes & {"session_state", "cache_data", "cache_resource"}
    assert ast.get_docstring(tree)


@pytest.mark.parametrize("path", ENTRIES, ids=named)
def test_an_entry_imports_the_screen_and_what_builds_the_rest(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert [
        m for m in imported(tree) if not (is_within(m, FOR_ENTRIES) or part_of(m) == "ui")
    ] == []


@pytest.mark.parametrize("path", [*ENTRIES, *PAGES], ids=named)
def test_entries_and_pages_are_short(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= MAX_LINES.get(path.name, MAX_LINES_OF_A_PAGE)


@pytest.mark.parametrize("path", SERVICES, ids=named)
def test_a_service_knows_neither_screen_nor_api(path: Path) -> None:
    """Not of its own feature and not of another's."""
    modules = imported(ast.parse(path.read_text(encoding="utf-8")))
    assert [module for module in modules if part_of(module) in FRONT] == []


def test_to_read_what_features_declare_loads_no_screen_and_no_server() -> None:
    """Commands read it too."""
    command = [sys.executable, "-X", "importtime", "-c", "import cointracker.bootstrap.features"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(re.findall(r"^import time:.*\|\s*(\w+)", done.stderr, re.M))
    assert "cointracker" in loaded
    assert loaded & set(SLOW_TO_LOAD) == set()


def test_no_package_is_crowded() -> None:
    modules = {
        named(package): len([path for path in package.glob("*.py") if path.name != "__init__.py"])
        for package in PACKAGES
    }
    assert {name: count for name, count in modules.items() if count > MAX_MODULES} == {}


def test_only_documents_that_are_there_are_cited() -> None:
    there = {path.name for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]}
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        assert MISSING_DOCUMENT.search(text) is None, path
        assert set(DOCUMENT.findall(text)) <= there, path


def test_bounds_are_called_max_and_min() -> None:
    for path in SOURCES:
        assert NOT_A_BOUND.search(path.read_text(encoding="utf-8")) is None, path


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

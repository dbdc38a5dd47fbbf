"""The documents keep up with the code."""

import re
from collections import UserDict
from pathlib import Path

import cointracker
from cointracker.api.app import build_app
from cointracker.bootstrap.features import FEATURES
from cointracker.cli import main
from cointracker.core.settings import variable_of

ROOT = Path(__file__).parent.parent
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


class Recorder(UserDict[str, str]):
    """An environment that remembers what it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def get(self, key: str, default: str | None = None) -> str | None:
        self.asked.add(key)
        return default


def test_every_setting_is_documented_and_none_that_is_not_there() -> None:
    env = Recorder()
    FEATURES.settings.from_environment(env)
    documented = set(re.findall(r"^\| `(COINTRACKER_\w+)`", text("docs/settings.md"), re.M))
    assert documented == env.asked
    assert documented == {
        variable_of(setting) for setting in FEATURES.settings.by_name.values() if setting.variable
    }


def test_every_route_is_documented() -> None:
    def services() -> None:
        raise AssertionError("no route is called here")

    paths = build_app(services, FEATURES).openapi()["paths"]  # type: ignore[arg-type]
    calls = {(method.upper(), f"/api{path}") for path, found in paths.items() for method in found}
    documented = re.findall(r"^\| `([A-Z]+) (/api/[^`]*)` \|", text("docs/api.md"), re.M)
    assert sorted(documented) == sorted(calls)


def test_the_routes_that_features_declare_are_those_of_the_document() -> None:
    documented = set(re.findall(r"^\| `([A-Z]+) (/api/[^`]*)` \|", text("docs/api.md"), re.M))
    beside = {("GET", "/api/openapi.json"), ("GET", "/api/docs"), ("GET", "/metrics")}
    assert set(FEATURES.routes()) == documented | beside


def test_every_command_is_documented() -> None:
    documented = re.findall(r"^## (\w+)", text("docs/commands.md"), re.M)
    assert sorted(documented) == sorted(main.commands)


def test_every_page_is_in_the_readme() -> None:
    pages = {path.stem for path in (ROOT / "pages").glob("*.py")}
    named = {name.lower() for name in re.findall(r"^- \*\*(\w+)\*\*", text("README.md"), re.M)}
    assert pages <= named
    assert {Path(page.file).stem for page in FEATURES.pages.values()} == pages


def test_readme_shows_both_commands_on_its_first_screen() -> None:
    first_screen = "\n".join(text("README.md").splitlines()[:20])
    assert "make run" in first_screen
    assert "make test" in first_screen


def test_documents_link_to_files_that_are_there() -> None:
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.name} links to {target}"


def test_documents_name_modules_that_are_there() -> None:
    places = (ROOT, ROOT / "cointracker", ROOT / "cointracker" / "features" / "market")
    places += (ROOT / "cointracker" / "bootstrap",)
    for name in ("ARCHITECTURE.md", *(f"docs/decisions/{p.name}" for p in DECISIONS)):
        for path in re.findall(r"`([\w/]+/[\w/]+(?:\.py)?|\w+\.py)`", text(name)):
            if not path.startswith("/"):
                known = any((place / path).exists() for place in places)
                assert known or list((ROOT / "cointracker").rglob(path)), f"{name}: {path}"


def test_what_moved_is_where_the_table_says() -> None:
    rows = re.findall(r"^\| `([\w.]+)` \| (.+) \|$", text("docs/decisions/what-moved.md"), re.M)
    assert len(rows) > 150
    for old, now in rows:
        for module in re.findall(r"`([\w.*]+)`", now):
            path = f"cointracker/{module.replace('.', '/')}"
            assert list(ROOT.glob(f"{path}.py")) or list(ROOT.glob(path)), f"{old}: {module}"


def test_every_dependency_has_its_reason() -> None:
    wanted = re.findall(r"^([a-z][\w-]+)", text("requirements.in"), re.M)
    reasons = text("docs/decisions/libraries.md")
    assert [name for name in wanted if name not in reasons] == []


def test_version_and_changelog_agree() -> None:
    newest = re.search(r"^## (\S+)", text("CHANGELOG.md"), re.M)
    assert newest is not None
    assert newest.group(1) in ("Unreleased", cointracker.__version__)
    assert f'version = "{cointracker.__version__}"' in text("pyproject.toml")

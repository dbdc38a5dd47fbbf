"""Settings: each is declared once by whatever needs it, and its values are kept by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, TypeVar

from cointracker.core.errors import ConfigError

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
PREFIX = "COINTRACKER_"

NameOf = Callable[["Setting[Any]"], str]
"""What a message calls a setting."""


class Secrecy(Enum):
    """What may be shown of a setting's value."""

    NONE = "none"
    """All of it."""
    KEY = "key"
    """The last characters of a long one."""
    ADDRESS = "address"
    """The end of its host."""
    PASSWORD = "password"  # noqa: S105 - the word
    """Nothing; and blanks around it may be meant."""


@dataclass(frozen=True)
class Field:
    """How a setting stands in the form of the Settings page; texts are messages.

    options: what may be chosen, with what each is called; None for numbers and secrets. options
    that are in `names` are called so, the others are written as `write` does.
    """

    label: str
    help: str = ""
    options: tuple[str, ...] | None = None
    names: Mapping[str, str] | None = None
    write: Callable[[str], str] = str
    autocomplete: str = "new-password"


@dataclass(frozen=True)
class Setting(Generic[T_co]):
    """One setting: its name, its default, how its text is read.

    parse: the value that a text means, or a ConfigError about the setting of the name given first.
    variable: the environment variable without its prefix; empty for a setting that has none.
    field: how it is set on the page, in the section that holds it; None for one that cannot be
    changed while the server runs.
    """

    name: str
    default: T_co
    parse: Callable[[str, str], T_co]
    variable: str = ""
    secrecy: Secrecy = Secrecy.NONE
    field: Field | None = None

    @property
    def is_secret(self) -> bool:
        """Whether its value must not be shown."""
        return self.secrecy is not Secrecy.NONE


class Settings:
    """Values of settings, immutable; a setting that has none is at its default.

    `settings[TOP_COINS]` is the value of that setting.
    """

    def __init__(self, **values: Any) -> None:
        self._values = dict(values)

    def __getitem__(self, setting: Setting[T]) -> T:
        value: T = self._values.get(setting.name, setting.default)
        return value

    def replace(self, values: Mapping[str, Any]) -> Settings:
        """The same with some values, by name, in place of theirs."""
        return Settings(**(self._values | dict(values)))

    def differs(self, other: Settings, settings: Iterable[Setting[Any]]) -> bool:
        """Whether any of some settings has another value there."""
        return any(self[setting] != other[setting] for setting in settings)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Settings) and self._values == other._values

    def __hash__(self) -> int:
        return hash(tuple(sorted(self._values)))

    def __repr__(self) -> str:
        return f"Settings({', '.join(sorted(self._values))})"


@dataclass(frozen=True)
class Rule:
    """What holds between settings.

    imply: the values, by name, that follow from those that are given (by name too) over the
    settings in force. check: raises ConfigError for settings that do not go together, under the
    name that the function handed in gives the one at fault. mend: the values that make saved
    settings go together.
    """

    imply: Callable[[Settings, Mapping[str, Any]], Mapping[str, Any]] = lambda _now, _given: {}
    check: Callable[[Settings, NameOf], None] = lambda _settings, _name_of: None
    mend: Callable[[Settings], Mapping[str, Any]] = lambda _settings: {}


@dataclass(frozen=True)
class Section:
    """A part of the form of the Settings page, and of what can be changed there.

    title: a message. order: where it stands among the sections. shows_cost: whether it tells what
    the settings cost in calls.
    """

    title: str
    settings: tuple[Setting[Any], ...]
    order: int = 50
    shows_cost: bool = False


class SettingsCatalogue:
    """All settings that are declared, and what holds between them."""

    def __init__(
        self,
        settings: Iterable[Setting[Any]],
        rules: Iterable[Rule] = (),
        sections: Iterable[Section] = (),
    ) -> None:
        self.by_name = {setting.name: setting for setting in settings}
        self.rules = tuple(rules)
        self.sections = tuple(sorted(sections, key=lambda section: section.order))

    @property
    def editable(self) -> dict[str, Setting[Any]]:
        """Those that can be changed while the server runs, by name, in the form's order."""
        shown = [setting for section in self.sections for setting in section.settings]
        return {setting.name: self.by_name[setting.name] for setting in shown}

    def from_environment(self, environment: Mapping[str, str]) -> Settings:
        """The settings of `COINTRACKER_*` variables; an unset or empty one means its default.

        Raises ConfigError, naming the variable, for a value that cannot be used.
        """
        given: dict[str, Any] = {}
        for setting in self.by_name.values():
            text = environment.get(variable_of(setting), "") if setting.variable else ""
            if setting.secrecy is not Secrecy.PASSWORD:
                text = text.strip()
            if text:
                given[setting.name] = setting.parse(variable_of(setting), text)
        settings = self.overlaid(self.defaults(), given)
        self.check(settings, variable_of)
        return settings

    def defaults(self) -> Settings:
        """Every setting at its default."""
        return Settings(**{name: setting.default for name, setting in self.by_name.items()})

    def overlaid(self, settings: Settings, values: Mapping[str, Any]) -> Settings:
        """Settings with values over them, and all that follows from these."""
        given = dict(values)
        for rule in self.rules:
            given = {**rule.imply(settings, given), **given}
        return settings.replace(given)

    def check(self, settings: Settings, name_of: NameOf = lambda setting: setting.name) -> None:
        """Raise ConfigError where settings do not go together."""
        for rule in self.rules:
            rule.check(settings, name_of)

    def mended(self, given: Settings, saved: Mapping[str, Any]) -> Settings:
        """Settings with values over them that were saved one by one, made to go together.

        What a change would have brought along was saved with it, or was declined: an editable
        setting that was not saved stays as it is given.
        """
        values = {name: given[one] for name, one in self.editable.items()} | dict(saved)
        for rule in self.rules:
            values |= rule.mend(self.overlaid(given, values))
        return self.overlaid(given, values)

    def parse(self, name: str, given: object) -> Any:
        """The value that somebody means for an editable setting. Raises ConfigError."""
        setting = self.editable.get(name)
        if setting is None:
            raise ConfigError(name, "is no setting that can be changed here")
        if isinstance(given, bool) or not isinstance(given, str | int):
            raise ConfigError(name, "must be a text or a whole number")
        return setting.parse(name, str(given).strip())


def variable_of(setting: Setting[Any]) -> str:
    """The name of a setting's environment variable."""
    return f"{PREFIX}{setting.variable}"

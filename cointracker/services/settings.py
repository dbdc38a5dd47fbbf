"""The settings in force: the environment's, and over them what was saved (SPEC 5.5, 8)."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from cointracker.config import KEYLESS, PARSERS, Settings
from cointracker.errors import CoinTrackerError, ConfigError, InvalidSettings
from cointracker.services.access import Principal, Right, require
from cointracker.services.audit import AuditService
from cointracker.services.sustaining import CallsFor, Forecast, forecast
from cointracker.sources.base import Clock
from cointracker.storage import app
from cointracker.storage.database import Database

log = logging.getLogger(__name__)

SETTABLE = (
    "source", "coingecko_key", "coingecko_plan", "top_coins", "update_interval_seconds",
    "quote_currency", "history_days", "stability_model", "standing_url_1", "standing_url_2",
    "lunarcrush_key", "language", "access",
)  # fmt: skip
KEYS = ("coingecko_key", "lunarcrush_key")
ADDRESSES = ("standing_url_1", "standing_url_2")
SECRETS = (*KEYS, *ADDRESSES)
TAIL, LEAST_KEY = 4, 12
"""How much of a key's end is shown, and how long a key must be for that."""

Changes = Mapping[str, object]
"""New values by the names of `Settings`, as text or whole numbers."""


class SettingsService:
    """Checks, tells and saves settings, and has them applied; safe to use from many threads.

    given: the settings of the environment. apply: makes settings those in force, or raises and
    leaves everything as it was.
    """

    def __init__(
        self,
        database: Database,
        given: Settings,
        clock: Clock,
        *,
        calls_for: CallsFor,
        apply: Callable[[Settings], None],
        audit: AuditService,
    ) -> None:
        self._database = database
        self._given = given
        self._clock = clock
        self._calls_for = calls_for
        self._apply = apply
        self._audit = audit
        self._saving = threading.Lock()
        self._current = stored(database, given)

    def current(self) -> Settings:
        """The settings in force. They hold secrets: not for a browser."""
        return self._current

    def masked(self) -> dict[str, str]:
        """What may be shown of each secret: the last characters of a key, the host of an address.

        Empty for one that is not set.
        """
        now = self.current()
        keys = {name: masked_key(getattr(now, name)) for name in KEYS}
        return keys | {name: masked_address(getattr(now, name)) for name in ADDRESSES}

    def check(self, changes: Changes) -> dict[str, ConfigError]:
        """What is wrong with changes, by the name of the setting; empty when they can be saved."""
        return self._checked(changes)[1]

    def forecast(self, changes: Changes) -> Forecast:
        """What the live market costs under the changes; what cannot be used counts as unchanged."""
        values, problems = self._checked(changes)
        good = {name: value for name, value in values.items() if name not in problems}
        return forecast(self.current().overlaid(good), self._calls_for)

    def save(self, changes: Changes, *, by: Principal) -> frozenset[str]:
        """Apply and store changes, all or none; the names of those that changed anything.

        A key that is set brings the Demo plan along, and one that goes the keyless one, unless the
        changes name another. Raises LoginNeeded, NotAllowed, InvalidSettings, and whatever keeps
        them from being applied: SourceError, StorageError.
        """
        require(by, Right.WRITE)
        with self._saving:
            values, problems = self._checked(changes)
            if problems:
                raise InvalidSettings(problems)
            before = self.current()
            changed = {name: new for name, new in values.items() if new != getattr(before, name)}
            if changed:
                self._apply_and_store(before, changed, by)
            return frozenset(changed)

    def _apply_and_store(self, before: Settings, changed: Mapping[str, Any], by: Principal) -> None:
        after = before.overlaid(changed)
        self._apply(after)
        try:
            self._store(before, changed, by)
        except CoinTrackerError:
            self._apply(before)
            raise
        self._current = after
        log.info("settings saved: %s", ", ".join(sorted(changed)))

    def _store(self, before: Settings, changed: Mapping[str, Any], by: Principal) -> None:
        with self._database.transaction() as session:
            app.forget(session, [name for name in changed if name in SECRETS])
            texts = {name: str(value) for name, value in changed.items()}
            app.save(session, texts, self._clock())
            self._audit.record_in(
                session, by, "settings.save", ", ".join(sorted(changed)), _told(before, changed)
            )
        self._database.checkpoint()

    def _checked(self, changes: Changes) -> tuple[dict[str, Any], dict[str, ConfigError]]:
        """The values that changes mean, and what is wrong with those that mean none."""
        values: dict[str, Any] = {}
        problems: dict[str, ConfigError] = {}
        for name, given in changes.items():
            try:
                values[name] = _value(name, given)
            except ConfigError as exc:
                problems[name] = exc
        values |= _plan_beside(values, changes, self.current())
        try:
            self.current().overlaid(values).check_plan()
        except ConfigError as exc:
            problems.setdefault("coingecko_key", exc)
        return values, problems


def stored(database: Database, given: Settings) -> Settings:
    """The settings given with those that were saved over them.

    A saved one that can no longer be used is left out, with a warning. Raises StorageError.
    """
    with database.reading() as session:
        saved = app.saved(session)
    values = {}
    for name, text in saved.items():
        try:
            values[name] = _value(name, text)
        except ConfigError as exc:
            log.warning("a saved setting is not used: %s", exc)
    if not given.overlaid(values).coingecko_key:
        values["coingecko_plan"] = KEYLESS
    return given.overlaid(values)


def _told(before: Settings, changed: Mapping[str, Any]) -> str:
    """What changed, for the audit log; of a secret that it did, never to what."""
    told = []
    for name, new in sorted(changed.items()):
        if name in SECRETS:
            told.append(f"{name} {'set' if new else 'removed'}")
        else:
            told.append(f"{name}: {getattr(before, name) or '–'} → {new or '–'}")
    return "; ".join(told)


def masked_key(key: str) -> str:
    """A key's last characters; none of a short one."""
    return f"…{key[-TAIL:]}" if len(key) >= LEAST_KEY else "…" if key else ""


def masked_address(address: str) -> str:
    """An address by its host alone, and of a name only the end: all else may hold a key."""
    if not address:
        return ""
    host = urlsplit(address).hostname or ""
    labels = host.split(".")
    is_number = ":" in host or labels[-1].isdigit()
    known = host if is_number or len(labels) < 3 else "…" + ".".join(labels[-2:])
    return f"{urlsplit(address).scheme}://{known}/…"


def _value(name: str, given: object) -> Any:
    """The value that is meant. Raises ConfigError."""
    if name not in SETTABLE:
        raise ConfigError(name, "is no setting that can be changed here")
    if isinstance(given, bool) or not isinstance(given, str | int):
        raise ConfigError(name, "must be a text or a whole number")
    return PARSERS[name](name, str(given).strip())


def _plan_beside(values: Mapping[str, Any], changes: Changes, current: Settings) -> dict[str, str]:
    """The plan that comes or goes with a key, where the changes name none."""
    if "coingecko_key" not in values or "coingecko_plan" in changes:
        return {}
    if not values["coingecko_key"]:
        return {"coingecko_plan": KEYLESS}
    return {"coingecko_plan": "demo"} if current.coingecko_plan == KEYLESS else {}

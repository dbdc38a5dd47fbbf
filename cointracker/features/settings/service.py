"""The settings in force: the environment's, and over them what was saved."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from cointracker.core.clock import Clock
from cointracker.core.errors import CoinTrackerError, ConfigError, InvalidSettings
from cointracker.core.rights import Principal, Right, require
from cointracker.core.settings import Secrecy, Settings, SettingsCatalogue
from cointracker.features.audit.service import AuditService
from cointracker.features.settings import store
from cointracker.features.settings.call_forecast import Forecast, forecast
from cointracker.markets.declaration import CallPlan
from cointracker.markets.settings import UPDATE_INTERVAL
from cointracker.storage.database import Database

log = logging.getLogger(__name__)

TAIL, MIN_KEY = 4, 12
"""How much of a key's end is shown, and how long a key must be for that."""

Changes = Mapping[str, object]
"""New values by the names of settings, as text or whole numbers."""


class SettingsService:
    """Checks, tells and saves settings, and has them applied; safe to use from many threads.

    given: the settings of the environment. call_plan: what the market that settings choose
    costs; None where it costs nothing.
    apply: makes settings those in force, or raises and leaves everything as it was.
    """

    def __init__(
        self,
        database: Database,
        given: Settings,
        clock: Clock,
        *,
        catalogue: SettingsCatalogue,
        call_plan: Callable[[Settings], CallPlan | None],
        apply: Callable[[Settings], None],
        audit: AuditService,
    ) -> None:
        self.catalogue = catalogue
        self._database = database
        self._clock = clock
        self._call_plan = call_plan
        self._apply = apply
        self._audit = audit
        self._saving = threading.Lock()
        self._current = stored(database, given, catalogue)

    def current(self) -> Settings:
        """The settings in force. They hold secrets: not for a browser."""
        return self._current

    def masked(self) -> dict[str, str]:
        """What may be shown of each secret: the last characters of a key, the host of an address.

        Empty for one that is not set.
        """
        return {
            name: MASKS[setting.secrecy](self.current()[setting])
            for name, setting in self.catalogue.editable.items()
            if setting.is_secret
        }

    def check(self, changes: Changes) -> dict[str, ConfigError]:
        """What is wrong with changes, by the name of the setting; empty when they can be saved."""
        return self._checked(changes)[1]

    def forecast(self, changes: Changes) -> Forecast | None:
        """What the market costs under the changes; None where it takes no calls.

        What cannot be used counts as unchanged.
        """
        values, problems = self._checked(changes)
        good = {name: value for name, value in values.items() if name not in problems}
        settings = self.catalogue.overlaid(self.current(), good)
        call_plan = self._call_plan(settings)
        return forecast(call_plan, settings[UPDATE_INTERVAL]) if call_plan else None

    def save(self, changes: Changes, *, by: Principal) -> frozenset[str]:
        """Apply and store changes, all or none; the names of those that changed anything.

        What follows from them is saved as well, unless they say otherwise: a new key brings the
        Demo plan along. Raises LoginNeeded, NotAllowed, InvalidSettings, and whatever keeps them
        from being applied: SourceError, StorageError.
        """
        require(by, Right.WRITE)
        with self._saving:
            values, problems = self._checked(changes)
            if problems:
                raise InvalidSettings(problems)
            before = self.current()
            after = self.catalogue.overlaid(before, values)
            changed = {
                name: after[setting]
                for name, setting in self.catalogue.editable.items()
                if after[setting] != before[setting]
            }
            if changed:
                self._apply_and_store(before, after, changed, by)
            return frozenset(changed)

    def _apply_and_store(
        self, before: Settings, after: Settings, changed: Mapping[str, Any], by: Principal
    ) -> None:
        self._apply(after)
        try:
            self._store(before, changed, by)
        except CoinTrackerError:
            self._apply(before)
            raise
        self._current = after
        log.info("settings saved: %s", ", ".join(sorted(changed)))

    def _store(self, before: Settings, changed: Mapping[str, Any], by: Principal) -> None:
        secrets = [name for name in changed if self.catalogue.by_name[name].is_secret]
        with self._database.transaction() as session:
            store.forget(session, secrets)
            texts = {name: str(value) for name, value in changed.items()}
            store.save(session, texts, self._clock())
            self._audit.record_in(
                session,
                by,
                "settings.save",
                ", ".join(sorted(changed)),
                self._summary(before, changed),
            )
        self._database.checkpoint()

    def _checked(self, changes: Changes) -> tuple[dict[str, Any], dict[str, ConfigError]]:
        """The values that changes mean, and what is wrong with those that mean none."""
        values: dict[str, Any] = {}
        problems: dict[str, ConfigError] = {}
        for name, given in changes.items():
            try:
                values[name] = self.catalogue.parse(name, given)
            except ConfigError as exc:
                problems[name] = exc
        try:
            self.catalogue.check(self.catalogue.overlaid(self.current(), values))
        except ConfigError as exc:
            problems.setdefault(exc.setting, exc)
        return values, problems

    def _summary(self, before: Settings, changed: Mapping[str, Any]) -> str:
        """What changed, for the audit log; of a secret that it did, never to what."""
        parts = []
        for name, new in sorted(changed.items()):
            setting = self.catalogue.by_name[name]
            if setting.is_secret:
                parts.append(f"{name} {'set' if new else 'removed'}")
            else:
                parts.append(f"{name}: {before[setting] or '–'} → {new or '–'}")
        return "; ".join(parts)


def stored(database: Database, given: Settings, catalogue: SettingsCatalogue) -> Settings:
    """The settings given with those that were saved over them.

    A saved one that can no longer be used is left out, with a warning. Raises StorageError.
    """
    with database.reading() as session:
        saved = store.saved(session)
    values = {}
    for name, text in saved.items():
        try:
            values[name] = catalogue.parse(name, text)
        except ConfigError as exc:
            log.warning("a saved setting is not used: %s", exc)
    return catalogue.mended(given, values)


def masked_key(key: str) -> str:
    """A key's last characters; none of a short one."""
    return f"…{key[-TAIL:]}" if len(key) >= MIN_KEY else "…" if key else ""


def masked_address(address: str) -> str:
    """An address by its host alone, and of a name only the end: all else may hold a key."""
    if not address:
        return ""
    host = urlsplit(address).hostname or ""
    labels = host.split(".")
    is_number = ":" in host or labels[-1].isdigit()
    known = host if is_number or len(labels) < 3 else "…" + ".".join(labels[-2:])
    return f"{urlsplit(address).scheme}://{known}/…"


MASKS: Mapping[Secrecy, Callable[[str], str]] = {
    Secrecy.KEY: masked_key,
    Secrecy.ADDRESS: masked_address,
    Secrecy.PASSWORD: lambda password: "…" if password else "",
}

"""What the reader has put into the form, and what comes of saving it."""

from __future__ import annotations

from typing import Any

from cointracker.core.errors import CoinTrackerError, ConfigError, InvalidSettings
from cointracker.core.services import services
from cointracker.core.settings import Setting
from cointracker.features.monitoring.service import MonitoringService
from cointracker.features.settings.service import SettingsService
from cointracker.ui import access, error_messages, state
from cointracker.ui.i18n import reader, t
from cointracker.ui.parts import flash

ROUND, REDRAW, PLACE = "settings_round", "settings_redraw", "settings"
DIGITS = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "01234567890123456789")


def key(name: str) -> str:
    """The key of a setting's widget: a new one after each save, so that it shows what counts."""
    return f"set-{name}-{reader().code}-{state.value(ROUND, 0)}"


def pending() -> dict[str, object]:
    """The settings that the form holds otherwise than they are. An empty secret means no change."""
    service = services()[SettingsService]
    changes: dict[str, object] = {}
    for name, setting in service.catalogue.editable.items():
        put = state.value(key(name), None)
        text = None if put is None else _plain(setting, str(put))
        if text is None or (setting.is_secret and not text):
            continue
        if setting.is_secret or text != str(service.current()[setting]):
            changes[name] = text
    return changes


def trouble(changes: dict[str, object]) -> dict[str, ConfigError]:
    """What is wrong with what the form holds, by the name of the setting."""
    return services()[SettingsService].check(changes) if changes else {}


def save() -> None:
    """Save what the form holds; for a button."""
    _grant(pending())


def remove(name: str) -> None:
    """Remove a secret; for a button."""
    _grant({name: ""})


def has_saved() -> bool:
    """Whether something was saved since this was asked last, so that all is to be drawn anew."""
    is_new = bool(state.value(REDRAW, False))
    state.reset(REDRAW)
    return is_new


def _grant(changes: dict[str, object]) -> None:
    try:
        changed = services()[SettingsService].save(changes, by=access.principal())
    except InvalidSettings:
        flash.put(t("Nothing was saved: check the marked fields."), is_good=False, place=PLACE)
        return
    except CoinTrackerError as exc:
        problem = error_messages.in_words(exc)
        flash.put(t("Nothing was saved. {problem}", problem=problem), is_good=False, place=PLACE)
        return
    state.put(ROUND, state.value(ROUND, 0) + 1)
    flash.put(_next(changed), place=PLACE)
    state.put(REDRAW, True)


def _next(changed: frozenset[str]) -> str:
    """What happens next, in the reader's words."""
    if not changed:
        return t("Nothing has changed.")
    saved = t("Saved.")
    if changed == {"language"}:
        text = t("Visitors who haven't chosen a language see this one.")
        return f"{saved} {text}"
    status = services()[MonitoringService].status()
    if not status.is_started:
        text = t("Refreshes are stopped; the next one uses these settings.")
    elif status.snapshot is None or status.next_at is None:
        text = t("The first refresh is on its way.")
    else:
        wait = reader().age(max(0.0, (status.next_at - status.now).total_seconds()))
        text = t("The next refresh, in {wait}, uses these settings.", wait=wait)
    return f"{saved} {text}"


def _plain(setting: Setting[Any], text: str) -> str:
    """The text as settings are read: without blanks around it, numbers in Latin digits."""
    text = text.strip()
    return text.translate(DIGITS) if isinstance(setting.default, int) else text

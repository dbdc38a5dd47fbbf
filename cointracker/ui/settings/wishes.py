"""What the reader has put into the form, and what comes of saving it."""

from __future__ import annotations

import time

from cointracker.errors import CoinTrackerError, ConfigError, InvalidSettings
from cointracker.services import services
from cointracker.services.settings import SECRETS, SETTABLE
from cointracker.ui import access, problems, session
from cointracker.ui.i18n import reader, t

ROUND, NOTICE, REDRAW = "settings_round", "settings_notice", "settings_redraw"
DIGITS = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "01234567890123456789")
NUMBERS = ("top_coins", "update_interval_seconds", "history_days")
NOTICE_SECONDS = 60.0


def key(name: str) -> str:
    """The key of a setting's widget: a new one after each save, so that it shows what counts."""
    return f"set-{name}-{reader().code}-{session.value(ROUND, 0)}"


def pending() -> dict[str, object]:
    """The settings that the form holds otherwise than they are. An empty secret means no change."""
    current = services().settings.current()
    found: dict[str, object] = {}
    for name in SETTABLE:
        put = session.value(key(name), None)
        text = None if put is None else _plain(name, str(put))
        if text is None or (name in SECRETS and not text):
            continue
        if name in SECRETS or text != str(getattr(current, name)):
            found[name] = text
    return found


def trouble(changes: dict[str, object]) -> dict[str, ConfigError]:
    """What is wrong with what the form holds, by the name of the setting."""
    return services().settings.check(changes) if changes else {}


def save() -> None:
    """Save what the form holds; for a button."""
    _grant(pending())


def remove(name: str) -> None:
    """Remove a secret; for a button."""
    _grant({name: ""})


def notice() -> tuple[bool, str] | None:
    """What came of a save a short while ago: whether it went well, and the words."""
    went_well, text, at = session.value(NOTICE, (False, "", 0.0))
    return (went_well, text) if text and time.monotonic() - at < NOTICE_SECONDS else None


def has_saved() -> bool:
    """Whether something was saved since this was asked last, so that all is to be drawn anew."""
    is_new = bool(session.value(REDRAW, False))
    session.reset(REDRAW)
    return is_new


def _grant(changes: dict[str, object]) -> None:
    try:
        changed = services().settings.save(changes, by=access.principal())
    except InvalidSettings:
        _tell(False, t("Nothing was saved: look at the marked fields."))
        return
    except CoinTrackerError as exc:
        problem = problems.in_words(exc)
        _tell(False, t("Nothing was saved. {problem}", problem=problem))
        return
    session.put(ROUND, session.value(ROUND, 0) + 1)
    _tell(True, _next(changed))
    session.put(REDRAW, True)


def _tell(went_well: bool, text: str) -> None:
    session.put(NOTICE, (went_well, text, time.monotonic()))


def _next(changed: frozenset[str]) -> str:
    """What happens next, in the reader's words."""
    if not changed:
        return t("Nothing has changed.")
    saved = t("Saved.")
    if changed == {"language"}:
        said = t("Who has not chosen a language reads this one.")
        return f"{saved} {said}"
    status = services().monitoring.status()
    if not status.is_started:
        said = t("Refreshes are stopped; the next one goes by this.")
    elif status.snapshot is None or status.next_at is None:
        said = t("The first refresh is on its way.")
    else:
        wait = reader().age(max(0.0, (status.next_at - status.now).total_seconds()))
        said = t("The next refresh goes by this, in {wait}.", wait=wait)
    return f"{saved} {said}"


def _plain(name: str, text: str) -> str:
    """The text as settings are read: without blanks around it, numbers in Latin digits."""
    text = text.strip()
    return text.translate(DIGITS) if name in NUMBERS else text

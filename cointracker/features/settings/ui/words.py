"""What is wrong with a setting, in the reader's language."""

from __future__ import annotations

from cointracker.core import parsers
from cointracker.core.errors import ConfigError
from cointracker.core.i18n import N_
from cointracker.ui.i18n import reader, t

PROBLEMS = {
    parsers.WHOLE: N_("Enter a whole number from {low} to {high}."),
    parsers.ONE_OF: N_("This is not one of the choices."),
    parsers.NO_CURRENCY: N_("There are no prices in this currency."),
    parsers.NO_KEY: N_("This contains characters that no key has."),
    parsers.NOT_AN_ADDRESS: N_("Enter a web address that begins with http:// or https://."),
    parsers.USER_IN_ADDRESS: N_("The address must not contain a user name or a #."),
    parsers.KEY_NEEDED: N_("This plan requires a key."),
}
OTHERWISE = N_("This can't be used.")


def problem(error: ConfigError) -> str:
    """What is wrong with a value, as a sentence."""
    numbers = {
        name: reader().whole(value) if isinstance(value, int) else value
        for name, value in error.values.items()
    }
    return t(PROBLEMS.get(error.template, OTHERWISE), **numbers)

"""What is wrong with a setting, and what its choices are called, in the reader's language."""

from __future__ import annotations

from cointracker import config
from cointracker.errors import ConfigError
from cointracker.i18n import N_
from cointracker.ui.i18n import reader, t

PROBLEMS = {
    config.WHOLE: N_("A whole number from {low} to {high} is needed."),
    config.ONE_OF: N_("This is none of the choices."),
    config.NO_CURRENCY: N_("CoinGecko does not quote in this currency."),
    config.NO_KEY: N_("This holds characters that no key has."),
    config.NOT_AN_ADDRESS: N_("A web address that begins with http:// or https:// is needed."),
    config.USER_IN_ADDRESS: N_("The address must hold neither a user name nor a #."),
    config.KEY_NEEDED: N_("This plan needs a key."),
}
OTHERWISE = N_("This cannot be used.")
CHOICES = {
    "auto": N_("Automatic: CoinGecko, else the simulated market"),
    "coingecko": "CoinGecko",
    "simulated": N_("Simulated market"),
    "keyless": N_("Without a key"),
    "demo": "Demo",
    "pro": "Pro",
    "classic": N_("Classic"),
    "robust": N_("Robust"),
    "": N_("As the browser asks"),
    "en": "English",
    "fa": "فارسی",
}
ACCESS = {
    "": N_("By the server's address: everybody on this machine, else a login"),
    "public-read": N_("Everybody may look"),
    "private": N_("A login for everything"),
}


def problem(error: ConfigError) -> str:
    """What is wrong with a value, as a sentence."""
    numbers = {
        name: reader().whole(value) if isinstance(value, int) else value
        for name, value in error.values.items()
    }
    return t(PROBLEMS.get(error.template, OTHERWISE), **numbers)


def choice(code: str) -> str:
    """What a choice is called."""
    return t(CHOICES[code])


def access_mode(code: str) -> str:
    """What an access mode is called."""
    return t(ACCESS[code])


def currency(code: str) -> str:
    """A currency by its code."""
    return code.upper()

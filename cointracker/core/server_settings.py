"""The settings of the server itself, which belong to no market and to no feature."""

from __future__ import annotations

from pathlib import Path

from cointracker.core import parsers
from cointracker.core.i18n import N_
from cointracker.core.languages import LANGUAGES
from cointracker.core.settings import Field, Section, Setting

ACCESS_MODES = ("public-read", "private")

DATA_DIR = Setting("data_dir", Path("data"), parsers.folder, "DATA_DIR")
LANGUAGE = Setting(
    "language",
    "",
    parsers.choice("", *LANGUAGES),
    "LANGUAGE",
    field=Field(
        N_("Language of the dashboard"),
        N_("Default for visitors who haven't chosen a language."),
        ("", *LANGUAGES),
        {"": N_("The browser's language"), "en": "English", "fa": "فارسی"},
    ),
)
ACCESS = Setting(
    "access",
    "",
    parsers.choice("", *ACCESS_MODES),
    "ACCESS",
    field=Field(
        N_("Who can view"),
        N_("Changes always require a logged-in admin."),
        ("", *ACCESS_MODES),
        {
            "": N_("Automatic: open on this machine, otherwise with a login"),
            "public-read": N_("Anyone can view"),
            "private": N_("Login required for everything"),
        },
    ),
)
ALLOWED_ORIGINS: Setting[tuple[str, ...]] = Setting(
    "allowed_origins", (), parsers.origins, "ALLOWED_ORIGINS"
)
TRUSTED_PROXIES: Setting[tuple[str, ...]] = Setting(
    "trusted_proxies", (), parsers.networks, "TRUSTED_PROXIES"
)
CALLS_PER_HOUR_ANONYMOUS = Setting(
    "calls_per_hour_anonymous", 100, parsers.whole(1, 1_000_000), "CALLS_PER_HOUR_ANONYMOUS"
)
CALLS_PER_HOUR_USER = Setting(
    "calls_per_hour_user", 1_000, parsers.whole(1, 1_000_000), "CALLS_PER_HOUR_USER"
)

SETTINGS = (
    DATA_DIR,
    LANGUAGE,
    ACCESS,
    ALLOWED_ORIGINS,
    TRUSTED_PROXIES,
    CALLS_PER_HOUR_ANONYMOUS,
    CALLS_PER_HOUR_USER,
)
SECTIONS = (
    Section(N_("Language"), (LANGUAGE,), order=80),
    Section(N_("Access"), (ACCESS,), order=90),
)

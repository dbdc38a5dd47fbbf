"""Fixtures that tests of the features' calls share with those of the API."""

from __future__ import annotations

from tests.api.conftest import home

__all__ = ["home"]

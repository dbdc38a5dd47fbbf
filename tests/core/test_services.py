"""The services that serve: found by their class, handed on with others beside them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cointracker.core import services as module
from cointracker.core.feature import FeatureSet
from cointracker.core.rights import NOBODY, Mode
from cointracker.core.services import Nobody, Services, install, services
from cointracker.core.settings import Settings

NO_FEATURES = FeatureSet(())


class Radio:
    """A service."""


class Clock:
    """Another."""


class SmallRadio(Radio):
    """A kind of the first."""


@pytest.fixture
def before() -> Iterator[None]:
    """Whatever serves comes back."""
    served = module._Serving.current
    yield
    install(served)


def test_a_service_is_found_by_its_class() -> None:
    radio, clock = Radio(), Clock()
    served = Services(NO_FEATURES).including([radio, clock])
    assert served[Radio] is radio
    assert served[Clock] is clock
    assert served.get(Radio) is radio


def test_what_does_not_serve_is_not_found() -> None:
    served = Services(NO_FEATURES).including([SmallRadio()])
    assert served.get(Radio) is None
    with pytest.raises(KeyError):
        served[Radio]


def test_others_come_beside_and_one_of_the_same_class_takes_the_place() -> None:
    first, second, clock = Radio(), Radio(), Clock()
    served = Services(NO_FEATURES).including([first])
    more = served.including([clock, second])
    assert (more[Radio], more[Clock]) == (second, clock)
    assert served[Radio] is first
    assert served.get(Clock) is None


def test_other_fields_leave_the_services() -> None:
    radio = Radio()
    served = Services(NO_FEATURES).including([radio])
    changed = served.replace(settings=Settings(size=7), mode=lambda: Mode.PUBLIC_READ)
    assert changed[Radio] is radio
    assert (changed.settings, changed.mode()) == (Settings(size=7), Mode.PUBLIC_READ)
    assert (served.settings, served.mode()) == (Settings(), Mode.PRIVATE)
    assert changed.events is served.events


def test_without_users_everybody_is_nobody() -> None:
    identity = Services(NO_FEATURES).identity
    assert isinstance(identity, Nobody)
    assert identity.by_cookie("cookie") is identity.by_token("token", "192.0.2.1") is NOBODY
    assert not identity.csrf_holds("", "")


@pytest.mark.usefixtures("before")
def test_what_is_installed_serves_until_the_end() -> None:
    first, second = Services(NO_FEATURES), Services(NO_FEATURES)
    install(first)
    assert services() is first
    install(second)
    assert services() is second
    install(None)
    with pytest.raises(RuntimeError, match="streamlit run"):
        services()

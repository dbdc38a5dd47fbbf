"""A pytest plugin: `-p tests.other_day` runs the tests as if the day were `TEST_NOW`."""

from __future__ import annotations

import os

import time_machine

traveller = time_machine.travel(os.environ["TEST_NOW"], tick=True)


def pytest_configure() -> None:
    traveller.start()


def pytest_unconfigure() -> None:
    traveller.stop()

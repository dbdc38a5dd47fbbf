"""What features declare: each thing once, in order, and nothing that nobody declares."""

from __future__ import annotations

from typing import Any

import pytest

from cointracker.bootstrap.features import FEATURES, feature_set
from cointracker.core import parsers
from cointracker.core.feature import (
    APP,
    MARKET,
    Feature,
    FeatureSet,
    Job,
    Migration,
    Page,
    Route,
    Socket,
)
from cointracker.core.rights import Right
from cointracker.core.settings import Section, Setting

PAGE = Page("news", "pages/news.py", "News", Right.VIEW)
ROUTE = Route("GET", "/api/news/", Right.VIEW)
SOCKET = Socket("/ws/news/", Right.OPEN, feed=object)
JOB = Job("news", run=lambda _services: None)
SETTING = Setting("news_url", "", parsers.url, "NEWS_URL")
FULL = Feature(
    "news",
    pages=(PAGE,),
    routes=(ROUTE,),
    sockets=(SOCKET,),
    jobs=(JOB,),
    settings=(SETTING,),
    setting_sections=(Section("News", (SETTING,)),),
    audit_actions={"news.read": "read the news"},
)


def with_steps(name: str, *steps: Migration) -> Feature:
    return Feature(name, migrations=steps)


def test_what_a_feature_declares_is_known() -> None:
    known = FeatureSet([FULL])
    assert [feature.name for feature in known] == ["news"]
    assert known.pages == {"news": PAGE}
    assert known.routes() == {("GET", "/api/news/"): Right.VIEW}
    assert known.sockets == {"/ws/news/": SOCKET}
    assert known.jobs == {"news": JOB}
    assert known.audit_actions == {"news.read": "read the news"}
    assert known.settings.editable == known.settings.by_name == {"news_url": SETTING}
    assert known.page_right("news") is Right.VIEW
    assert known.route_right("GET", "/api/news/") is Right.VIEW
    assert known.socket_right("/ws/news/") is Right.OPEN


@pytest.mark.parametrize(
    ("what", "value", "told"),
    [
        ("pages", (Page("news", "pages/other.py", "Other", Right.OPEN),), "page 'news'"),
        ("routes", (Route("GET", "/api/news/", Right.OPEN),), "/api/news/"),
        ("sockets", (Socket("/ws/news/", Right.VIEW, feed=object),), "socket '/ws/news/'"),
        ("jobs", (Job("news", run=lambda _services: None, every_seconds=5),), "job 'news'"),
        ("settings", (Setting("news_url", "x", parsers.key),), "setting 'news_url'"),
        ("audit_actions", {"news.read": "other words"}, "audit action 'news.read'"),
    ],
)
def test_nothing_is_declared_twice(what: str, value: Any, told: str) -> None:
    other = Feature("other", **{what: value})
    FeatureSet([other])
    with pytest.raises(ValueError, match=told):
        FeatureSet([FULL, other])


def test_one_path_may_be_called_by_several_methods() -> None:
    known = FeatureSet([FULL, Feature("other", routes=(Route("PUT", ROUTE.path, Right.WRITE),))])
    assert known.route_right("PUT", ROUTE.path) is Right.WRITE
    assert known.route_right("GET", ROUTE.path) is Right.VIEW


@pytest.mark.parametrize("known", [FeatureSet(()), FeatureSet([FULL]), FEATURES])
def test_what_nobody_declares_has_no_right(known: FeatureSet) -> None:
    assert known.page_right("no-such") is None
    assert known.route_right("GET", "/api/no-such/") is None
    assert known.route_right("DELETE", ROUTE.path) is None
    assert known.socket_right("/ws/no-such/") is None


def test_steps_stand_in_the_order_of_their_numbers_by_database() -> None:
    known = FeatureSet(
        [
            with_steps("a", Migration(3, "c", ("C",)), Migration(1, "a", ("A",))),
            with_steps("b", Migration(2, "b", ("B",)), Migration(1, "users", ("U",), APP)),
        ]
    )
    market = known.migrations(MARKET)
    assert list(market.items()) == [(1, ("a", ("A",))), (2, ("b", ("B",))), (3, ("c", ("C",)))]
    assert known.migrations(APP) == {1: ("users", ("U",))}
    assert known.migrations("other") == {}


def test_a_step_that_several_features_share_is_one_in_their_order() -> None:
    first = with_steps("a", Migration(1, "tables", ("A", "B")))
    second = with_steps("b", Migration(1, "tables", ("C",)))
    assert FeatureSet([first, second]).migrations(MARKET) == {1: ("tables", ("A", "B", "C"))}
    assert FeatureSet([second, first]).migrations(MARKET) == {1: ("tables", ("C", "A", "B"))}


def test_a_step_has_one_name() -> None:
    first = with_steps("a", Migration(1, "tables", ("A",)))
    second = with_steps("b", Migration(1, "others", ("B",)))
    with pytest.raises(ValueError, match="step 1"):
        FeatureSet([first, second]).migrations(MARKET)


def test_one_more_feature_comes_after_those_there_are() -> None:
    more = feature_set(FULL)
    assert [one.name for one in more] == [*(one.name for one in FEATURES), "news"]
    assert more.page_right("news") is Right.VIEW
    assert FEATURES.page_right("news") is None
    with pytest.raises(ValueError, match="two features"):
        feature_set(FULL, FULL)


def test_each_feature_has_a_name_of_its_own() -> None:
    names = [feature.name for feature in FEATURES]
    assert len(set(names)) == len(names)

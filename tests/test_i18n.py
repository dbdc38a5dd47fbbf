"""Messages: every one is in every catalogue; and how each language writes its figures."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter
from zoneinfo import ZoneInfo

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po

from cointracker.core.i18n import DOMAIN, LOCALES, isolated, language, preferred

ROOT = Path(__file__).parents[1]
CODES = ("en", "fa")
MARKERS = {"t": 1, "tn": 2, "tp": 2, "N_": 1, "NP_": 2}  # how many arguments hold its text
SOURCES = sorted(
    [*ROOT.glob("cointracker/**/*.py"), *ROOT.glob("pages/**/*.py"), ROOT / "dashboard.py"]
)
ENGLISH, PERSIAN = language("en"), language("fa")
NAN = float("nan")
TEHRAN, ST_JOHNS = ZoneInfo("Asia/Tehran"), ZoneInfo("America/St_Johns")


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The messages that `make messages` finds in the code."""
    makefile = (ROOT / "Makefile").read_text()
    keywords = shlex.split(re.search(r"^KEYWORDS := (.*)$", makefile, re.M)[1])
    pot = tmp_path_factory.mktemp("messages") / "found.pot"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        CommandLineInterface().run(
            ["pybabel", "-q", "extract", "-F", "babel.cfg", *keywords, "-o", str(pot), "."]
        )
    return catalogue(pot)


def catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, abort_invalid=True)


def translations(code: str) -> Catalog:
    return catalogue(LOCALES / code / "LC_MESSAGES" / f"{DOMAIN}.po")


def messages(catalogue: Catalog) -> dict[tuple[str | None, str], Message]:
    """Messages by context and by id, the singular one; without the heading."""
    return {(found.context, forms(found.id)[0]): found for found in catalogue if found.id}


def forms(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def fields(text: str) -> set[str]:
    return {field for _, field, _, _ in Formatter().parse(text) if field is not None}


def test_messages_are_found(extracted):
    found = messages(extracted)
    assert (None, "High because of: {causes}") in found
    assert ("short", "price") in found
    assert forms(found[None, "{count} coin"].id) == ("{count} coin", "{count} coins")


@pytest.mark.parametrize("code", CODES)
def test_no_catalogue_lacks_a_message(extracted, code):
    there = {key: forms(found.id) for key, found in messages(translations(code)).items()}
    wanted = {key: forms(found.id) for key, found in messages(extracted).items()}
    assert {key: ids for key, ids in wanted.items() if there.get(key) != ids} == {}


def test_every_message_is_translated_to_persian():
    found = messages(translations("fa"))
    assert [key for key, message in found.items() if not all(forms(message.string))] == []
    assert [key for key, message in found.items() if message.fuzzy] == []


@pytest.mark.parametrize("code", CODES)
def test_translations_have_the_fields_of_their_message(code):
    for message in messages(translations(code)).values():
        wanted = fields(forms(message.id)[-1])
        for text in filter(None, (*forms(message.id), *forms(message.string))):
            assert fields(text) == wanted, text


def test_persian_has_no_latin_digits():
    translated = [
        text for found in messages(translations("fa")).values() for text in forms(found.string)
    ]
    assert [text for text in translated if re.search(r"[0-9]", text)] == []


def texts(tree: ast.AST) -> Iterator[ast.expr]:
    """The texts that are written where they are marked: `t("…")`, `language.tn("…", "…", 2)`.

    What stands there by name, or is looked up, was marked elsewhere.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            for text in node.args[: MARKERS.get(name, 0)]:
                if isinstance(text, ast.Constant | ast.JoinedStr | ast.BinOp | ast.IfExp):
                    yield text


def hidden(tree: ast.AST) -> list[str]:
    """The texts that Babel does not see: put together of parts, or, on 3.11, in an f-string."""
    in_f_strings = {
        text for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for text in texts(node)
    }
    return [
        ast.unparse(text)
        for text in texts(tree)
        if text in in_f_strings or not isinstance(text, ast.Constant)
    ]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_babel_sees_every_message(path):
    assert hidden(ast.parse(path.read_text())) == []


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("t('a') + x.tn('a', 'b', 2) + x.tp('a', 'b') + N_('a')", []),
        ("f'{name} {t(name)} {t(NAMES[name])} {t(NAMES.get(name))}'", []),
        ("f'{t(\"a\")}'", ["'a'"]),
        ('f\'{x.tn("a", "b", 2):>5}\'', ["'a'", "'b'"]),
        ("t(f'a {b}')", ["f'a {b}'"]),
        ("N_('a' + b)", ["'a' + b"]),
        ("x.tp('a', 'b' if c else 'd')", ["'b' if c else 'd'"]),
    ],
)
def test_the_look_for_hidden_messages_finds_them(code, found):
    assert hidden(ast.parse(code)) == found


@pytest.mark.parametrize(
    ("value", "english", "persian"),
    [
        (None, "—", "—"),
        (NAN, "—", "—"),
        (0, "0.00000000", "۰٫۰۰۰۰۰۰۰۰"),
        (0.00000123, "0.00000123", "۰٫۰۰۰۰۰۱۲۳"),
        (0.009999, "0.00999900", "۰٫۰۰۹۹۹۹۰۰"),
        (0.01, "0.0100", "۰٫۰۱۰۰"),
        (0.9876, "0.9876", "۰٫۹۸۷۶"),
        (1, "1.00", "۱٫۰۰"),
        (67_123.456, "67,123.46", "۶۷٬۱۲۳٫۴۶"),
        (1e6, "1,000,000.00", "۱٬۰۰۰٬۰۰۰٫۰۰"),
    ],
)
def test_price(value, english, persian):
    assert (ENGLISH.price(value), PERSIAN.price(value)) == (english, persian)


@pytest.mark.parametrize(
    ("value", "english", "persian"),
    [
        (None, "—", "—"),
        (NAN, "—", "—"),
        (0, "0", "۰"),
        (999_999, "999,999", "۹۹۹٬۹۹۹"),
        (1e6, "1.00 M", "۱٫۰۰ میلیون"),
        (45.6e6, "45.6 M", "۴۵٫۶ میلیون"),
        (112e9, "112 B", "۱۱۲ میلیارد"),
        (2.351e12, "2.35 T", "۲٫۳۵ تریلیون"),
        (-5e6, "-5.00 M", "-۵٫۰۰ میلیون"),
    ],
)
def test_amount(value, english, persian):
    assert (ENGLISH.amount(value), PERSIAN.amount(value)) == (english, persian)


@pytest.mark.parametrize(
    ("value", "places", "english", "persian"),
    [
        (None, 2, "—", "—"),
        (NAN, 0, "—", "—"),
        (1.84, 2, "▲ 1.84", "▲ ۱٫۸۴"),
        (-1191.2, 1, "▼ 1,191.2", "▼ ۱٬۱۹۱٫۲"),
        (0, 2, "0.00", "۰٫۰۰"),
        (-0.004, 2, "0.00", "۰٫۰۰"),
        (3, 0, "▲ 3", "▲ ۳"),
        (0, 0, "·", "·"),
    ],
)
def test_change(value, places, english, persian):
    assert (ENGLISH.change(value, places), PERSIAN.change(value, places)) == (english, persian)


@pytest.mark.parametrize(
    ("seconds", "english", "persian"),
    [
        (-5, "0 s", "۰ ثانیه"),
        (0, "0 s", "۰ ثانیه"),
        (59.9, "59 s", "۵۹ ثانیه"),
        (60, "1 min", "۱ دقیقه"),
        (7_199, "119 min", "۱۱۹ دقیقه"),
        (7_200, "2 h", "۲ ساعت"),
        (172_799, "47 h", "۴۷ ساعت"),
        (172_800, "2 d", "۲ روز"),
        (1e8, "1,157 d", "۱٬۱۵۷ روز"),
    ],
)
def test_age(seconds, english, persian):
    assert (ENGLISH.age(seconds), PERSIAN.age(seconds)) == (english, persian)


@pytest.mark.parametrize(
    ("instant", "zone", "english", "persian"),
    [
        (
            "2026-11-20T14:35Z",
            UTC,
            "14:35 \u2066UTC\u2069, 20 Nov 2026",
            "۱۴:۳۵ \u2066UTC\u2069، ۲۹ آبان ۱۴۰۵",
        ),
        # Nowruz: in Tehran the year turns three and a half hours before it does in London.
        (
            "2025-03-20T20:29Z",
            TEHRAN,
            "23:59 \u2066UTC+03:30\u2069, 20 Mar 2025",
            "۲۳:۵۹ \u2066UTC+۰۳:۳۰\u2069، ۳۰ اسفند ۱۴۰۳",
        ),
        (
            "2025-03-20T20:30Z",
            TEHRAN,
            "00:00 \u2066UTC+03:30\u2069, 21 Mar 2025",
            "۰۰:۰۰ \u2066UTC+۰۳:۳۰\u2069، ۱ فروردین ۱۴۰۴",
        ),
        (
            "2024-03-20T00:00Z",
            UTC,
            "00:00 \u2066UTC\u2069, 20 Mar 2024",
            "۰۰:۰۰ \u2066UTC\u2069، ۱ فروردین ۱۴۰۳",
        ),
        (
            "2025-07-01T00:15Z",
            ST_JOHNS,
            "21:45 \u2066UTC-02:30\u2069, 30 Jun 2025",
            "۲۱:۴۵ \u2066UTC-۰۲:۳۰\u2069، ۹ تیر ۱۴۰۴",
        ),
    ],
)
def test_instant(instant, zone, english, persian):
    at = datetime.fromisoformat(instant)
    assert (ENGLISH.instant(at, zone), PERSIAN.instant(at, zone)) == (english, persian)


@pytest.mark.parametrize(
    ("value", "places", "english", "persian"),
    [
        (0, 0, "0", "۰"),
        (1_234_567.891, 0, "1,234,568", "۱٬۲۳۴٬۵۶۸"),
        (1_234_567.891, 2, "1,234,567.89", "۱٬۲۳۴٬۵۶۷٫۸۹"),
        (-3, 1, "-3.0", "-۳٫۰"),
        (None, 3, "—", "—"),
        (NAN, 3, "—", "—"),
    ],
)
def test_decimal(value, places, english, persian):
    assert (ENGLISH.decimal(value, places), PERSIAN.decimal(value, places)) == (english, persian)


def test_counted_things():
    one, many = "{count} coin", "{count} coins"
    assert [ENGLISH.tn(one, many, count) for count in (0, 1, 2)] == ["0 coins", "1 coin", "2 coins"]
    assert [PERSIAN.tn(one, many, count) for count in (1, 1200)] == ["۱ کوین", "۱٬۲۰۰ کوین"]


def test_a_word_in_its_context():
    assert ENGLISH.tp("short", "cap") == "cap"
    assert PERSIAN.tp("short", "cap") == "ارزش"


def test_directions():
    assert (ENGLISH.is_rtl, PERSIAN.is_rtl) == (False, True)
    assert (ENGLISH.own_way("a"), PERSIAN.own_way("a")) == ("\u2066a\u2069", "\u2067a\u2069")
    assert isolated("Bitcoin") == "\u2068Bitcoin\u2069"
    assert (ENGLISH.listed(["a", "b"]), PERSIAN.listed(["a", "b"])) == ("a, b", "a، b")
    assert (ENGLISH.digits("v1.0"), PERSIAN.digits("v1.0")) == ("v1.0", "v۱.۰")


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "en"),
        ("", "en"),
        ("*", "en"),
        ("fa", "fa"),
        ("fa-IR,fa;q=0.9,en;q=0.8", "fa"),
        ("en-US,en;q=0.9,fa;q=0.8", "en"),
        ("de-DE, de;q=0.9, fa;q=0.8, en;q=0.7", "fa"),
        ("de,fr;q=0.5", "en"),
        ("FA-ir", "fa"),
        ("fa_IR", "fa"),
        ("fil", "en"),
        (",;,q=1", "en"),
    ],
)
def test_the_language_a_browser_asks_for(header, code):
    assert preferred(header) == code


def test_the_language_of_a_browser_that_asks_for_none_of_ours():
    assert preferred("de", default="fa") == "fa"
    assert preferred("en", default="fa") == "en"


@pytest.mark.parametrize(
    ("value", "places", "english", "persian"),
    [
        (None, 2, "—", "—"),
        (NAN, 2, "—", "—"),
        (0.0, 1, "0.0", "۰٫۰"),
        (-0.04, 1, "0.0", "۰٫۰"),
        (-1234.5, 1, "−1,234.5", "−۱٬۲۳۴٫۵"),
        (3.25, 1, "3.2", "۳٫۲"),
    ],
)
def test_signed(value, places, english, persian):
    for tongue, due in ((ENGLISH, english), (PERSIAN, persian)):
        found = tongue.signed(value, places)
        assert found == (due if due == "—" else f"\u2066{due}\u2069")


@pytest.mark.parametrize(
    ("instant", "zone", "english", "persian"),
    [
        (
            datetime(2026, 3, 20, 20, 29, tzinfo=UTC),
            TEHRAN,
            ("20 Mar", "Mar 2026"),
            ("۲۹ اسفند", "اسفند ۱۴۰۴"),
        ),
        (
            datetime(2026, 3, 20, 20, 30, tzinfo=UTC),
            TEHRAN,
            ("21 Mar", "Mar 2026"),
            ("۱ فروردین", "فروردین ۱۴۰۵"),
        ),
        (
            datetime(2024, 12, 31, 23, 59, tzinfo=UTC),
            ZoneInfo("UTC"),
            ("31 Dec", "Dec 2024"),
            ("۱۱ دی", "دی ۱۴۰۳"),
        ),
    ],
)
def test_days_and_months(instant, zone, english, persian):
    assert (ENGLISH.day(instant, zone), ENGLISH.month(instant, zone)) == english
    assert (PERSIAN.day(instant, zone), PERSIAN.month(instant, zone)) == persian


@pytest.mark.parametrize(
    ("since", "until", "english", "persian"),
    [
        (
            "2026-01-01",
            "2026-04-01",
            ["01-01", "02-01", "03-01", "04-01"],
            ["01-21", "02-20", "03-21"],
        ),
        ("2026-01-02", "2026-01-31", [], ["01-21"]),
        ("2026-03-21", "2026-03-21", [], ["03-21"]),
        ("2024-02-01", "2024-03-20", ["02-01", "03-01"], ["02-20", "03-20"]),
    ],
)
def test_the_starts_of_months(since, until, english, persian):
    zone = TEHRAN
    span = [
        datetime.fromisoformat(day).replace(tzinfo=zone).astimezone(UTC) for day in (since, until)
    ]
    for tongue, due in ((ENGLISH, english), (PERSIAN, persian)):
        found = tongue.month_starts(*span, zone)
        assert [f"{start:%m-%d}" for start in found] == due
        assert {(start.hour, start.minute) for start in found} <= {(0, 0)}


def test_every_month_of_a_century_starts_once():
    since, until = datetime(2000, 1, 1, tzinfo=UTC), datetime(2099, 12, 31, tzinfo=UTC)
    for tongue in (ENGLISH, PERSIAN):
        found = tongue.month_starts(since, until, ZoneInfo("UTC"))
        names = [tongue.month(start) for start in found]
        assert len(names) == len(set(names)) == 1200

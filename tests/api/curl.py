"""What the examples use of curl, for machines that have none."""

from __future__ import annotations

import argparse
import sys
from http.cookiejar import MozillaCookieJar
from pathlib import Path

import requests

HTTP_ONLY = "#HttpOnly_"


def main(words: list[str]) -> int:
    """Make one call and write its body; cookies are kept in curl's own format."""
    given = _arguments().parse_args(words)
    session = requests.Session()
    session.trust_env = False
    if given.b:
        _read(Path(given.b), session)
    headers = dict(header.split(": ", 1) for header in given.H)
    method = given.X or ("GET" if given.d is None else "POST")
    data = None if given.d is None else given.d.encode()
    answer = session.request(method, given.url, headers=headers, data=data, timeout=30)
    sys.stdout.write(answer.text)
    if given.c:
        _write(Path(given.c), session)
    return 0


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="curl", allow_abbrev=False)
    parser.add_argument("-s", action="store_true")
    for letter in "bcXd":
        parser.add_argument(f"-{letter}")
    parser.add_argument("-H", action="append", default=[])
    parser.add_argument("url")
    return parser


def _read(path: Path, session: requests.Session) -> None:
    plain = path.with_suffix(".plain")
    plain.write_text(path.read_text(encoding="utf-8").replace(HTTP_ONLY, ""), encoding="utf-8")
    jar = MozillaCookieJar(plain)
    jar.load()
    session.cookies.update(jar)


def _write(path: Path, session: requests.Session) -> None:
    lines = ["# Netscape HTTP Cookie File"]
    for cookie in session.cookies:
        hidden = HTTP_ONLY if cookie.has_nonstandard_attr("HttpOnly") else ""
        fields = (
            hidden + cookie.domain.removesuffix(".local"),
            "FALSE",
            cookie.path,
            "FALSE",
            str(cookie.expires or 0),
            cookie.name,
            cookie.value or "",
        )
        lines.append("\t".join(fields))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

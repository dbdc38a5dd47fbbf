"""The OpenAPI document and the page that shows it, without a foreign host."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

import fastapi_offline
from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from cointracker.api.authorise import PREFIX
from cointracker.api.middleware.authenticate import PARTS
from cointracker.api.openapi import document

STATIC = Path(fastapi_offline.__file__).parent / "static"
SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def add_to(app: FastAPI) -> None:
    """Serve the document at /openapi.json and the page at /docs."""
    app.openapi = lambda: document(app)  # type: ignore[method-assign]
    app.mount(PARTS.rstrip("/"), StaticFiles(directory=STATIC), name="docs")

    @app.get("/openapi.json", include_in_schema=False)
    def openapi() -> dict[str, Any]:
        return app.openapi()

    @app.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        page = get_swagger_ui_html(
            openapi_url=f"{PREFIX}/openapi.json",
            title=f"{app.title} API",
            swagger_js_url=f"{PREFIX}{PARTS}swagger-ui-bundle.js",
            swagger_css_url=f"{PREFIX}{PARTS}swagger-ui.css",
            swagger_favicon_url=f"{PREFIX}{PARTS}favicon.png",
        )
        policy = _policy(bytes(page.body).decode())
        page.headers["Content-Security-Policy"] = policy
        return page


def _policy(page: str) -> str:
    """What a page may load: what lies here, and the one script that stands in it."""
    hashes = [hashlib.sha256(script.encode()).digest() for script in SCRIPT.findall(page)]
    scripts = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in hashes)
    return (
        f"default-src 'none'; script-src 'self' {scripts}; style-src 'self' 'unsafe-inline';"
        " img-src 'self' data:; connect-src 'self'; font-src 'self'; frame-ancestors 'none';"
        " base-uri 'none'; form-action 'none'"
    )

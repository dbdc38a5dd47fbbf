"""The API against its own OpenAPI document, with whatever a generator makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext, suppress
from typing import Any, cast

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from cointracker.api.app import build_app
from cointracker.bootstrap.features import FEATURES
from cointracker.core.rights import Mode
from tests.api.api_fixture import ApiFixture, api_fixture

pytestmark = pytest.mark.slow

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
]
EXAMPLES = 8
STEADY = hypothesis.settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
OPERATIONS = [
    (method.upper(), path, wanted)
    for path, methods in build_app(cast(Any, None), FEATURES).openapi()["paths"].items()
    for method, operation in methods.items()
    for wanted in GenerationMode
    if wanted.is_positive or "400" in operation["responses"]
]
CALLERS = {"nobody": None, "admin": "admin write"}


@pytest.fixture(scope="module")
def inhabited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiFixture]:
    with api_fixture(tmp_path_factory.mktemp("house")) as found:
        yield found


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("caller", list(CALLERS))
@pytest.mark.parametrize(("method", "path", "wanted"), OPERATIONS)
def test_the_api_keeps_to_its_document(
    inhabited: ApiFixture, method: str, path: str, wanted: GenerationMode, caller: str, mode: Mode
) -> None:
    inhabited.mode = mode
    token = CALLERS[caller]
    headers = inhabited.bearer(token) if token else {}
    admin = inhabited.bearer("admin write")
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", inhabited.app(), headers=admin)
    operation = schema[path][method]

    @STEADY
    @given(case=operation.as_strategy(generation_mode=wanted))
    def keeps(case: Case) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS)

    with suppress(Unsatisfiable) if wanted.is_negative else nullcontext():
        keeps()  # not every operation can be asked wrongly in a way that the generator thinks of

"""The published document walked with invented requests, good and bad ones: no fault of the
server, no status and no answer that is not published, no bad value taken."""

from collections import Counter
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from openbureau.testing.bureau import Bureau

from .programs import Program, given_token, told

BASE = "http://bureau.test"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


class Walk:
    """Sends what was invented through the application and judges what comes back."""

    def __init__(self, bureau: Bureau) -> None:
        self.program = Program(bureau, given_token(bureau, "zhang", "530102"))
        document = told(self.program.get("/api/v1/openapi.json", accept_language="en"))
        # What happens without a token is tested for every route elsewhere.
        self.schema = schemathesis.openapi.from_dict({**document, "security": []})
        self.statuses: Counter[int] = Counter()
        self.record_id = self._new_record()

    def _new_record(self) -> int:
        return int(told(self.program.add(code=f"W{sum(self.statuses.values())}"))["id"])

    def send(self, case: Any) -> None:
        """One case. Every second one that has a place for it is about a record that exists."""
        kept = [negative_data_rejection]
        if "id" in case.path_parameters and sum(self.statuses.values()) % 2:
            case.path_parameters["id"] = self.record_id
            if "If-Match" in case.headers:
                case.headers["If-Match"] = "*"
            kept = []
        prepared = requests.Request(**case.as_transport_kwargs(base_url=BASE)).prepare()
        headers = {name.lower(): _latin(value) for name, value in prepared.headers.items()}
        headers.pop("accept-encoding", None)
        headers["authorization"] = f"Bearer {self.program.token}"
        body: Any = prepared.body or b""
        answer = self.program.bureau.client().send(
            prepared.method or "",
            str(prepared.path_url),
            body.encode() if isinstance(body, str) else body,
            headers,
        )
        self.statuses[answer.status] += 1
        if answer.status == 200 and case.path.endswith("/void"):
            self.record_id = self._new_record()
        response = Response(
            answer.status,
            {name: [text] for name, text in answer.headers.items()},
            answer.body,
            prepared,
            0.0,
            verify=False,
        )
        case.validate_response(response, checks=[*CHECKS, *kept])

    def walk(self, each: int) -> None:
        """So many cases of every operation, half of them good."""
        for result in self.schema.get_all_operations():
            found: Any = result
            operation = found.ok()
            has_inputs = operation.path not in {"/api/v1/", "/api/v1/openapi.json"}
            for mode in MODES if has_inputs else MODES[:1]:
                self._walk(operation, mode, each // 2)

    def _walk(self, operation: Any, mode: GenerationMode, total: int) -> None:
        @settings(
            max_examples=total,
            database=None,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def sent(case: Any) -> None:
            self.send(case)

        sent()


def _latin(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


@pytest.fixture
def walk(devices: Bureau) -> Walk:
    return Walk(devices)


def test_few_hundred_cases(walk: Walk) -> None:
    walk.walk(50)
    total = sum(walk.statuses.values())
    assert total > 250, walk.statuses
    assert {200, 201, 404, 422} <= set(walk.statuses)


@pytest.mark.deep
def test_ten_thousand_cases(walk: Walk) -> None:
    walk.walk(2_100)
    assert sum(walk.statuses.values()) >= 10_000, walk.statuses

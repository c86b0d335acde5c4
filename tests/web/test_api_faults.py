"""What a program is told when a call goes wrong before or beside its purpose: always in the form of its protocol."""

from __future__ import annotations

from typing import Any

import pytest
from common_grants_sdk.schemas.pydantic.responses import Error
from werkzeug.test import TestResponse

from hub.store import lists
from hub.web.api.problems import BODY
from tests.web.conftest import Site
from tests.web.test_api import Program

API, GRANTS = "/api/v1/opportunities", "/common-grants/opportunities"


@pytest.fixture
def elm(site: Site) -> Program:
    return Program(site, "elm")


def sent(elm: Program, method: str, path: str, **more: Any) -> TestResponse:
    headers = {"Authorization": f"Bearer {elm.token}"} | more.pop("headers", {})
    return elm.client.open(path, method=method, headers=headers, **more)


def told(answer: TestResponse, status: int) -> dict[str, Any]:
    """The problem; under CommonGrants it is the protocol's own error as well."""
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+json"
    found: dict[str, Any] = answer.get_json()
    assert found["status"] == status and found["detail"] and found["request_id"] == answer.headers["X-Request-Id"]
    if answer.request.path.startswith("/common-grants/"):
        assert Error.model_validate(found).status == status
    return found


@pytest.mark.parametrize("path", [API, GRANTS])
def test_a_method_that_is_none_there_is_answered_with_those_that_are(elm: Program, path: str) -> None:
    for method in ("PUT", "TRACE", "DELETE"):
        answer = sent(elm, method, path)
        told(answer, 405)
        assert {"GET", "HEAD"} <= set(answer.headers["Allow"].split(", ")) and method not in answer.headers["Allow"]


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/", "/common-grants/forms", "/common-grants/"])
def test_a_place_that_is_none_is_no_page_of_html(elm: Program, path: str) -> None:
    answer = sent(elm, "GET", path)
    assert answer.status_code == 404 and answer.mimetype in ("application/problem+json", "application/json")
    assert answer.get_json()["status"] == 404


@pytest.mark.parametrize("path", [API, f"{GRANTS}/search"])
def test_a_body_that_is_too_large_is_refused_and_nothing_is_made_of_it(elm: Program, path: str) -> None:
    told(sent(elm, "POST", path, data=b'"' + b"x" * BODY + b'"', content_type="application/json"), 413)
    assert elm("GET", "/opportunities").get_json()["items"] == []


@pytest.mark.parametrize("path", [API, f"{GRANTS}/search"])
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_what_is_not_said_to_be_json_is_not_read(elm: Program, path: str, kind: str) -> None:
    told(sent(elm, "POST", path, data=b"{}", content_type=kind), 415)


@pytest.mark.parametrize("path", [API, f"{GRANTS}/search"])
@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff",
        b"\x00",
        b"NaN",
        b"[" * 300 + b"]" * 300,
        b"[" * 100_000,
        b'{"filters": {"a": 1e}}',
        b"9" * 5000,
        b"1e999999999",
    ],
)
def test_what_is_no_json_is_refused_in_words(elm: Program, path: str, body: bytes) -> None:
    told(sent(elm, "POST", path, data=body, content_type="application/json"), 400)


@pytest.mark.parametrize("value", ["1.5", "1e300", "-417", r'"\ud800"', r'"\u0000"', '"\u202e\u0661"'])
def test_a_value_that_nobody_can_use_is_told_again_as_valid_json(elm: Program, value: str) -> None:
    elm.share()
    kept = f'{{"filters": {{"odd": {value}, "customFilters": {{{value if value[0] == chr(34) else chr(34) * 2}: {{"operator": "eq", "value": {value}}}}}}}}}'
    answer = sent(elm, "POST", f"{GRANTS}/search", data=kept.encode(), content_type="application/json")
    assert answer.status_code == 200, answer.text
    assert len(answer.get_json()["items"]) == 1 and len(answer.get_json()["filterInfo"]["errors"]) == 2
    facts = f'{{"key": "k", "facts": {{"title": {value}, {value if value[0] == chr(34) else chr(34) * 2}: {value}}}}}'
    told(sent(elm, "POST", API, data=facts.encode(), content_type="application/json"), 422)


def test_a_fault_of_the_hub_is_told_with_a_number_and_nothing_of_its_inside(
    elm: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: Any, **__: Any) -> Any:
        raise RuntimeError("zz-inside")

    monkeypatch.setattr(lists, "shown", breaks)
    monkeypatch.setattr("hub.web.api.routes.looked_for", breaks)
    for answer in (
        sent(elm, "GET", API),
        sent(elm, "POST", f"{GRANTS}/search", data=b"{}", content_type="application/json"),
    ):
        told(answer, 500)
        assert "zz-inside" not in answer.text and "Error" not in answer.text


def test_the_document_names_every_status_that_a_call_can_meet(site: Site) -> None:
    document = site.app.test_client().get("/api/v1/openapi.json").get_json()
    for path, item in document["paths"].items():
        for method, operation in item.items():
            found = operation["responses"]
            assert {"400", "401", "403", "429", "500"} <= found.keys() and "default" not in found, (method, path)
            assert "Retry-After" in found["429"]["headers"]
            if "requestBody" in operation:
                assert {"413", "415", "422"} <= found.keys(), (method, path)

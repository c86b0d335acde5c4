"""What is taken for JSON, and what an unreadable answer is called."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from connectors import strict_json
from connectors.contract import Ambiguous, Unavailable
from connectors.transport import Answer, ManualTime, Transport, dump
from tests.connectors.misbehaving import always, answer, misbehaving

BAD = {
    "NaN": b"[NaN]",
    "Infinity": b"[-Infinity]",
    "UTF-16": '{"a": "é"}'.encode("utf-16"),
    "Latin-1": '{"a": "é"}'.encode("latin-1"),
    "100,000 arrays": b"[" * 100_000 + b"]" * 100_000,
    "100,000 objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "300 arrays": b"[" * 300 + b"]" * 300,
    "trailing comma": b"[1,]",
    "two documents": b"{} {}",
    "cut short": b'{"a": [1, 2',
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD.keys())
def test_what_is_not_strictly_json_is_unavailable(body: bytes) -> None:
    with misbehaving(always(answer(body))) as server, pytest.raises(Unavailable, match="not its protocol"):
        Transport(hosts=[server.host], time=ManualTime()).call("GET", server.url).json()


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": 1.10}', {"a": Decimal("1.10")}),
        (b"[12345678901234567890.123456789]", [Decimal("12345678901234567890.123456789")]),
        (b"[1e2, -0, 7]", [Decimal("1E+2"), 0, 7]),
        (b"[1e-400]", [Decimal("1E-400")]),
        (b'\xef\xbb\xbf{"a": null}', {"a": None}),
        (b'["\\ud83d\\ude00", "\\u0000"]', ["\U0001f600", "\0"]),
        (b'["\\ud800", {"\\udc00": 1}]', ["\ud800", {"\udc00": 1}]),
        (b"[1" + b"0" * 10_000 + b"]", ["1" + "0" * 10_000]),
        (b"[1e999999999, -1e-999999999]", ["1e999999999", "-1e-999999999"]),
        (b"[1e99999999999999999999]", ["1e99999999999999999999"]),
        (b"[1e400, 1e401]", [Decimal("1E+400"), "1e401"]),
        (b"[0." + b"1" * 500 + b"]", ["0." + "1" * 500]),
        (b"[" * 150 + b"]" * 150, None),
    ],
)
def test_json_keeps_every_digit_and_character(body: bytes, value: Any) -> None:
    """What no field can hold is one cell's fault, so it comes through for that cell to be set aside."""
    found = strict_json.loads(body)
    assert value is None or found == value
    assert not any(isinstance(each, float) for each in (found.values() if isinstance(found, dict) else found))


def test_a_sign_in_page_with_status_200_is_named_as_one() -> None:
    page = answer(b"<!doctype html><title>Sign in</title>", Content_Type="text/html; charset=utf-8")
    with misbehaving(always(page)) as server:
        transport = Transport(hosts=[server.host], time=ManualTime())
        with pytest.raises(Unavailable, match="answered 200 HTML, probably a sign-in page"):
            transport.call("GET", f"{server.url}/records?token=secret").json()
        with pytest.raises(Ambiguous):
            transport.call("POST", server.url, json={}).json()


def test_an_empty_answer_is_unavailable_for_a_read_and_ambiguous_for_a_write() -> None:
    with misbehaving(always(answer(b"", "204 No Content"))) as server:
        transport = Transport(hosts=[server.host], time=ManualTime())
        with pytest.raises(Unavailable, match="empty"):
            transport.call("GET", server.url).json()
        with pytest.raises(Ambiguous):
            transport.call("POST", server.url, json={}).json()


def test_an_error_body_may_be_anything() -> None:
    assert Answer(500, body=b"<h1>oops</h1>").peek() is None
    assert Answer(422, body=b'{"error": "X"}').peek() == {"error": "X"}
    assert Answer(422, body=b'{"error": NaN}', wrote=True).peek() is None


def test_what_is_sent_keeps_its_digits_and_characters() -> None:
    sent = {"a": Decimal("12000.50"), "b": [Decimal("1E+3"), 7, None, True], "c": "تعليم", "d": Decimal("1E-7")}
    assert dump(sent).decode() == '{"a":12000.50,"b":[1000,7,null,true],"c":"تعليم","d":0.0000001}'


@pytest.mark.parametrize("body", [b"{}", b"[]", b'"x"', b'{"a": {"b": [{}]}}'])
def test_shallow_json_of_any_kind_is_read(body: bytes) -> None:
    strict_json.loads(body)

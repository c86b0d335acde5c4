"""JSON that was made to do harm, at every address that reads any."""

from __future__ import annotations

import gzip
import json
import time

import pytest

from hub import access
from hub.tokens import SCOPES, create
from tests.web.conftest import Site, site
from tests.web.test_access import addresses

__all__ = ["site"]
GOOD = b'{"facts": {"title": "x"}, "key": "k"}'
HOSTILE: dict[str, bytes] = {
    "nested lists": b"[" * 100_000 + b"]" * 100_000,
    "nested objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "nested within a fact": b'{"key": "k", "facts": {"title": ' + b"[" * 190 + b"]" * 190 + b"}}",
    "not closed": b"[" * 200_000,
    "a whole number of a hundred thousand digits": b'{"facts": {"title": ' + b"9" * 100_000 + b'}, "key": "k"}',
    "a number beyond all columns": b'{"facts": {"title": 1' + b"0" * 300 + b'}, "key": "k"}',
    "an exponent": b'{"facts": {"ask.requested": {"amount": 1e999999999, "currency": "USD"}}, "key": "k"}',
    "NaN": b'{"facts": {"title": NaN}, "key": "k"}',
    "Infinity": b'{"facts": {"title": -Infinity}, "key": "k"}',
    "a name twice": b'{"facts": {"title": "a"}, "facts": {"title": "b"}, "key": "k"}',
    "a name twice within": b'{"facts": {"title": "a", "title": "b"}, "key": "k"}',
    "half a character": b'{"facts": {"title": "\\ud800"}, "key": "k"}',
    "half a character as a key": b'{"facts": {"title": "x"}, "key": "\\udfff"}',
    "NUL": b'{"facts": {"title": "a\\u0000b"}, "key": "k\\u0000"}',
    "UTF-16": '{"facts": {"title": "x"}, "key": "k"}'.encode("utf-16"),
    "UTF-32": '{"facts": {"title": "x"}, "key": "k"}'.encode("utf-32-le"),
    "Latin-1": '{"facts": {"title": "é"}, "key": "k"}'.encode("latin-1"),
    "UTF-7": b'+AHsAIg-facts+ACI-: 1}',
    "overlong UTF-8": b'{"facts": {"title": "\xc0\x80"}, "key": "k"}',
    "packed": gzip.compress(GOOD),
    "a list": b"[1, 2]",
    "a text": b'"x"',
    "null": b"null",
    "nothing": b"",
    "blank": b" \n\t",
    "two": GOOD + GOOD,
    "a comment": b"/* */" + GOOD,
    "prototype": b'{"__proto__": {"admin": true}, "constructor": {}, "facts": {}, "key": "k"}',
    "many names": json.dumps({"key": "k", "facts": {f"x{n}": "y" for n in range(20_000)}}).encode(),
    "a path that is none": b'{"key": "k", "facts": {"../../etc/passwd": "x", "commitment.amount": "1", "": ""}}',
    "a long name": json.dumps({"key": "k" * 100_000, "facts": {}}).encode(),
    "more than may be": b'{"facts": {"title": "' + b"x" * 1_100_000 + b'"}, "key": "k"}',
}  # fmt: skip

UNUSED = {name for name, body in HOSTILE.items() if body in (b"", b"null") or b'"facts"' in body} - {"more than may be"}
"""A search looks for nothing that these could be wrong in: it may answer as to an empty body."""


def test_every_address_that_reads_json_answers_hostile_json_with_a_problem_and_at_once(site: Site) -> None:
    walk = [
        row for row in addresses(site) if row[1] in ("POST", "PUT", "PATCH") and access.scopes_of(row[0]) is not None
    ]
    assert len(walk) >= 6
    token = create(site.hub, "elm", "all", list(SCOPES))[1]
    for endpoint, method, path in walk:
        for name, body in HOSTILE.items():
            started = time.process_time()
            answer = site.app.test_client().open(
                path, method=method, data=body, content_type="application/json",
                headers={"Authorization": f"Bearer {token}", **({"Content-Encoding": "gzip"} if name == "packed" else {})},
            )  # fmt: skip
            what = f"{method} {path}, {name}: {answer.status_code} {answer.text[:200]}"
            whole = endpoint == "commongrants.search" and name in UNUSED
            assert answer.status_code in ((200, 400) if whole else (400, 413, 415, 422, 428)), what
            if answer.status_code != 200:
                assert answer.mimetype == "application/problem+json", what
                assert "x" * 1000 not in answer.text and "Traceback" not in answer.text, what
            assert time.process_time() - started < 2, what


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml", "multipart/form-data", ""]
)
def test_a_body_that_a_form_could_send_is_not_taken_for_json(site: Site, kind: str) -> None:
    """Another site's form cannot set a token either; that it is refused twice costs nothing."""
    token = create(site.hub, "elm", "t", ["share"])[1]
    answer = site.app.test_client().post(
        "/api/v1/opportunities", data=GOOD, content_type=kind, headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status_code == 415

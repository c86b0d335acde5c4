"""The stand-in against what the REST API Developer Guide says of each call: its status, and the shape of its answer.

Placeholders: ``ID`` is a funding request, ``KEY`` its external id, ``GONE`` one in the recycle bin.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from connectors.salesforce.sandbox import CLIENT_ID, CLIENT_SECRET, SalesforceSandbox

DATA = "/services/data/v62.0"
ROWS = f"{DATA}/sobjects/outfunds__Funding_Request__c"
MANY = f"{DATA}/composite/sobjects/outfunds__Funding_Request__c/Commons_Id__c"
ONE = {"attributes": {"type": "outfunds__Funding_Request__c"}}
LONG = "x" * 81
TWO = [ONE | {"Commons_Id__c": "k-3", "Name": "Books"}, ONE | {"Commons_Id__c": "k-4", "Name": LONG}]
LIMITS = {"method": "GET", "url": f"{DATA}/limits", "referenceId": "a"}
BACKWARDS = "start=2026-01-02T00:00:00Z&end=2026-01-01T00:00:00Z"


@dataclass
class Org:
    sandbox: SalesforceSandbox
    session: requests.Session
    names: dict[str, str]

    def ask(self, method: str, path: str, body: Any, headers: dict[str, str]) -> requests.Response:
        for name, value in self.names.items():
            path = path.replace(name, value)
        return self.session.request(method, self.sandbox.url + path, json=body, headers=headers, timeout=10)


@pytest.fixture(scope="module")
def org() -> Iterator[Org]:
    with SalesforceSandbox() as sandbox, requests.Session() as session:
        form = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        told = session.post(f"{sandbox.url}/services/oauth2/token", data=form, timeout=10).json()
        assert told.keys() >= {"access_token", "signature", "scope", "instance_url", "id", "token_type", "issued_at"}
        assert "refresh_token" not in told and "!" in told["access_token"] and told["issued_at"].isdecimal()
        session.headers["Authorization"] = f"Bearer {told['access_token']}"
        object = "outfunds__Funding_Request__c"
        kept = sandbox.write(object, None, {"Name": "Wells", "Commons_Id__c": "k-1"})
        gone = sandbox.write(object, None, {"Name": "Pumps"})
        sandbox.remove(object, gone)
        yield Org(sandbox, session, {"GONE": gone, "KEY": "k-1", "/ID": f"/{kept}"})


def refusal(code: str) -> str:
    return rf'\[\{{.*"errorCode": ?"{code}".*\}}\]'


GUIDE: dict[str, tuple[str, str, Any, dict[str, str], int, str]] = {
    "versions need no token": ("GET", "/services/data/", None, {"Authorization": ""}, 200, r'\[\{"label".*"version": ?"62.0"'),
    "a wrong token is a list with one error": ("GET", ROWS + "/ID", None, {"Authorization": "Bearer no"}, 401, refusal("INVALID_SESSION_ID")),
    "a record has its address": ("GET", ROWS + "/ID?fields=Name", None, {}, 200, r'"attributes": ?\{"type": ?"outfunds__Funding_Request__c", ?"url"'),
    "a moment has no colon in its offset": ("GET", ROWS + "/ID?fields=SystemModstamp", None, {}, 200, r'T\d\d:\d\d:\d\d\.000\+0000"'),
    "a record by its external id": ("GET", ROWS + "/Commons_Id__c/KEY", None, {}, 200, r'"Name": ?"Wells"'),
    "an unknown external id": ("GET", ROWS + "/Commons_Id__c/none", None, {}, 404, refusal("NOT_FOUND")),
    "an unknown external id field": ("PATCH", ROWS + "/Nothing__c/1", {"Name": "x"}, {}, 404, refusal("NOT_FOUND")),
    "a deleted record": ("PATCH", ROWS + "/GONE", {"Name": "x"}, {}, 404, refusal("ENTITY_IS_DELETED")),
    "a malformed id": ("PATCH", ROWS + "/nonsense", {"Name": "x"}, {}, 400, refusal("MALFORMED_ID")),
    "a change": ("PATCH", ROWS + "/ID", {"outfunds__Terms__c": "x"}, {}, 204, r"^$"),
    "an upsert of what is there": ("PATCH", ROWS + "/Commons_Id__c/KEY", {"outfunds__Terms__c": "y"}, {}, 200, r'"created": ?false'),
    "an upsert of something new": ("PATCH", ROWS + "/Commons_Id__c/k-2", {"Name": "Schools"}, {}, 201, r'"created": ?true'),
    "an upsert that names its key twice": ("PATCH", ROWS + "/Commons_Id__c/KEY", {"Commons_Id__c": "k-1"}, {}, 400, refusal("INVALID_FIELD")),
    "an update only of something new": ("PATCH", ROWS + "/Commons_Id__c/k-9?updateOnly=true", {"Name": "x"}, {}, 404, refusal("NOT_FOUND")),
    "a new record": ("POST", ROWS, {"Name": "Books"}, {}, 201, r'\{"id": ?"\w{18}", ?"success": ?true, ?"errors": ?\[\]'),
    "a new record without its name": ("POST", ROWS, {}, {}, 400, refusal("REQUIRED_FIELD_MISSING")),
    "a text that is too long": ("POST", ROWS, {"Name": LONG}, {}, 400, refusal("STRING_TOO_LONG")),
    "a guard whose time is over": ("PATCH", ROWS + "/ID", {"Name": "x"}, {"If-Unmodified-Since": "Mon, 01 Jan 2001 00:00:00 GMT"}, 412, ""),
    "a guard that is no date": ("PATCH", ROWS + "/ID", {"Name": "x"}, {"If-Unmodified-Since": "yesterday"}, 400, ""),
    "a collection always succeeds as a whole": ("PATCH", MANY, {"records": TWO}, {}, 200, r'"statusCode": ?"STRING_TOO_LONG"'),
    "a composite request": ("POST", f"{DATA}/composite", {"compositeRequest": [LIMITS]}, {}, 200, r'"compositeResponse": ?\[\{.*"httpStatusCode": ?200'),
    "a list that fits a page": ("GET", f"{DATA}/query?q=SELECT+Id+FROM+Account", None, {}, 200, r'\{"totalSize": ?0, ?"done": ?true'),
    "a query with a wrong field": ("GET", f"{DATA}/query?q=SELECT+Nothing__c+FROM+Account", None, {}, 400, refusal("INVALID_FIELD")),
    "a page that was forgotten": ("GET", f"{DATA}/query/01g000000000000AAA-2000", None, {}, 400, refusal("INVALID_QUERY_LOCATOR")),
    "the limits": ("GET", f"{DATA}/limits", None, {}, 200, r'"DailyApiRequests": ?\{"Max": ?\d+, ?"Remaining": ?\d+'),
    "a description": ("GET", ROWS + "/describe", None, {}, 200, r'"createable": ?true.*"externalId": ?true'),
    "a log that ends before it begins": ("GET", f"{ROWS}/deleted/?{BACKWARDS}", None, {}, 400, refusal("INVALID_REPLICATION_DATE")),
}  # fmt: skip


@pytest.mark.parametrize("fact", GUIDE)
def test_the_stand_in_answers_as_the_guide_says(org: Org, fact: str) -> None:
    method, path, body, headers, status, shape = GUIDE[fact]
    answer = org.ask(method, path, body, headers)
    assert (answer.status_code, bool(re.search(shape, answer.text, re.S))) == (status, True), answer.text[:600]
    counted = headers.get("Authorization") is None and not path.startswith("/services/data/?")
    assert not counted or re.fullmatch(r"api-usage=\d+/\d+", answer.headers["Sforce-Limit-Info"])

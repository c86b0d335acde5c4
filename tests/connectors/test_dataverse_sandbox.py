"""The Dataverse stand-in held against the vendor's documented exchanges, by plain requests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from connectors.clock import ManualTime
from connectors.dataverse.sandbox import CLIENT_ID, CLIENT_SECRET, TENANT, DataverseSandbox, build

REQUEST, SET = "msnfp_request", "msnfp_requests"
WHOLE = {"Prefer": "return=representation"}


class Wire:
    """Calls with a good token; addresses are relative to the service."""

    def __init__(self, sandbox: DataverseSandbox) -> None:
        self.sandbox = sandbox
        form = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET,
                "scope": f"{sandbox.url}/.default"}  # fmt: skip
        answer = requests.post(f"{sandbox.url}/{TENANT}/oauth2/v2.0/token", data=form, timeout=5)
        assert (answer.status_code, answer.json()["token_type"], answer.json()["expires_in"]) == (200, "Bearer", 3599)
        self.token = answer.json()["access_token"]

    def __call__(self, method: str, path: str, json: Any = None, data: Any = None, **headers: str) -> requests.Response:
        url = path if path.startswith("http") else f"{self.sandbox.url}/api/data/v9.2/{path}"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"Authorization": f"Bearer {self.token}", "OData-Version": "4.0", **named}
        return requests.request(method, url, json=json, data=data, headers=sent, timeout=5)


@pytest.fixture
def sandbox() -> Iterator[DataverseSandbox]:
    with DataverseSandbox(time=ManualTime()) as server:
        yield server


@pytest.fixture
def wire(sandbox: DataverseSandbox) -> Wire:
    return Wire(sandbox)


def code(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


# --- operations ---------------------------------------------------------------


def test_a_create_answers_204_with_the_address_or_201_with_the_row(wire: Wire) -> None:
    plain = wire("POST", SET, {"msnfp_name": "Wells"})
    assert plain.status_code == 204 and plain.content == b""
    assert plain.headers["OData-EntityId"].startswith(f"{wire.sandbox.url}/api/data/v9.2/{SET}(")
    whole = wire("POST", f"{SET}?$select=msnfp_name", {"msnfp_name": "Wells"}, **WHOLE)
    assert whole.status_code == 201 and whole.json()["msnfp_name"] == "Wells"
    assert whole.json()["@odata.etag"].startswith('W/"') and "msnfp_stage" not in whole.json()


def test_a_patch_creates_what_is_not_there_unless_it_says_if_match(wire: Wire) -> None:
    address = f"{SET}(00000000-0000-0000-0000-00000000abcd)"
    assert code(wire("PATCH", address, {"msnfp_name": "x"}, If_Match="*")) == (404, "0x80040217")
    assert wire("PATCH", address, {"msnfp_name": "x"}).status_code == 204
    assert wire("PATCH", address, {"msnfp_name": "y"}, If_Match="*").status_code == 204
    assert wire("PATCH", address, {"msnfp_name": "z"}, If_None_Match="*").status_code == 412
    assert [row["msnfp_name"] for row in wire.sandbox.rows(REQUEST)] == ["y"]


def test_an_upsert_by_key_tells_created_from_changed_and_wants_no_key_in_its_body(wire: Wire) -> None:
    address = f"{SET}(commons_id='abc')"
    assert wire("PATCH", address, {"msnfp_name": "one"}).status_code == 204
    changed = wire("PATCH", address, {"msnfp_name": "two"}, **WHOLE)
    made = wire("PATCH", f"{SET}(commons_id='new')", {"msnfp_name": "three"}, **WHOLE)
    assert (changed.status_code, made.status_code, made.json()["commons_id"]) == (200, 201, "new")
    assert wire("PATCH", address, {"msnfp_name": "four", "commons_id": "abc"}).status_code == 400
    assert code(wire("GET", f"{SET}(commons_id='none')")) == (404, "0x80060891")


@pytest.mark.parametrize("status", ["Pending", "Failed", None])
def test_a_key_that_is_not_active_serves_in_no_address(wire: Wire, status: str | None) -> None:
    keys = wire.sandbox.env.keys[REQUEST]
    if status is None:
        keys.clear()
    else:
        keys[0].status = status
    assert wire("PATCH", f"{SET}(commons_id='abc')", {"msnfp_name": "one"}).status_code == 400
    assert wire.sandbox.rows(REQUEST) == []


def test_a_second_row_with_one_key_is_refused(wire: Wire) -> None:
    body = {"msnfp_name": "one", "commons_id": "abc"}
    assert wire("POST", SET, body).status_code == 204
    assert code(wire("POST", SET, {**body, "commons_id": "ABC"})) == (412, "0x80040237")


# --- concurrency ---------------------------------------------------------------


def test_etags_rise_with_every_write_and_a_stale_one_is_refused_in_the_documented_words(wire: Wire) -> None:
    first = wire("POST", SET, {"msnfp_name": "one"}, **WHOLE).json()
    address = f"{SET}({first['msnfp_requestid']})"
    second = wire("PATCH", address, {"msnfp_name": "two"}, If_Match=first["@odata.etag"], **WHOLE)
    assert second.status_code == 200 and second.json()["@odata.etag"] > first["@odata.etag"]
    stale = wire("PATCH", address, {"msnfp_name": "three"}, If_Match=first["@odata.etag"])
    words = "The version of the existing record doesn't match the RowVersion property provided."
    assert stale.status_code == 412 and stale.json() == {"error": {"code": "", "message": words}}
    assert wire("DELETE", address, If_Match=first["@odata.etag"]).status_code == 412
    assert wire("GET", address, If_None_Match=second.json()["@odata.etag"]).status_code == 304
    assert wire("DELETE", address, If_Match=second.json()["@odata.etag"]).status_code == 204


# --- lists -----------------------------------------------------------------------


def test_pages_follow_opaque_links_and_skip_is_refused(wire: Wire) -> None:
    for number in range(5):
        wire.sandbox.write(REQUEST, None, {"msnfp_name": f"P{number}", "msnfp_amountrequested": number})
    path = f"{SET}?$select=msnfp_name&$filter=msnfp_amountrequested gt 0&$orderby=msnfp_name desc"
    first = wire("GET", path, Prefer="odata.maxpagesize=3").json()
    assert [row["msnfp_name"] for row in first["value"]] == ["P4", "P3", "P2"]
    second = wire("GET", first["@odata.nextLink"], Prefer="odata.maxpagesize=3").json()
    assert [row["msnfp_name"] for row in second["value"]] == ["P1"] and "@odata.nextLink" not in second
    assert wire("GET", f"{SET}?$skip=3").status_code == 400


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("msnfp_name eq 'O''Hara'", 1),
        ("msnfp_name eq 'o''hara'", 1),
        ("contains(msnfp_name,'ell') and not (commons_share eq true)", 1),
        ("msnfp_name eq 'Wells' or commons_share eq true", 2),
        ("commons_id eq null", 2),
        ("modifiedon ge 2026-01-01T00:00:00Z and modifiedon lt 2027-01-01T00:00:00Z", 2),
        ("msnfp_stage eq 844060008", 1),
    ],
)
def test_filters_mean_what_they_say(wire: Wire, text: str, found: int) -> None:
    wire.sandbox.write(REQUEST, None, {"msnfp_name": "O'Hara", "commons_share": True})
    wire.sandbox.write(REQUEST, None, {"msnfp_name": "Wells", "msnfp_stage": 844060008})
    assert len(wire("GET", f"{SET}?$filter={text}").json()["value"]) == found


@pytest.mark.parametrize(
    "text", ["msnfp_nam eq 'x'", "msnfp_name eq", "msnfp_name eq 5", "(msnfp_name eq 'x'", "msnfp_recipientid eq null"]
)
def test_filters_that_mean_nothing_are_refused(wire: Wire, text: str) -> None:
    assert wire("GET", f"{SET}?$filter={text}").status_code == 400


# --- change tracking ---------------------------------------------------------------


def test_a_tracked_list_ends_with_a_link_to_later_changes_and_these_with_what_was_deleted(wire: Wire) -> None:
    ids = [wire.sandbox.write(REQUEST, None, {"msnfp_name": name}) for name in ("one", "two")]
    first = wire("GET", f"{SET}?$select=msnfp_name", Prefer="odata.track-changes").json()
    assert "$deltatoken=" in first["@odata.deltaLink"] and "$select=msnfp_name" in first["@odata.deltaLink"]
    wire.sandbox.remove(REQUEST, ids[0])
    wire.sandbox.write(REQUEST, ids[1], {"msnfp_name": "changed"})
    later = wire("GET", first["@odata.deltaLink"]).json()
    changed, deleted = later["value"]
    assert changed["msnfp_name"] == "changed"
    assert deleted["@odata.context"].endswith(f"#{SET}/$deletedEntity")
    assert (deleted["id"], deleted["reason"]) == (ids[0], "deleted")
    assert wire("GET", later["@odata.deltaLink"]).json()["value"] == []


@pytest.mark.parametrize("option", ["$filter=statecode eq 0", "$orderby=msnfp_name", "$top=5"])
def test_changes_are_not_tracked_of_a_part(wire: Wire, option: str) -> None:
    assert wire("GET", f"{SET}?{option}", Prefer="odata.track-changes").status_code == 400


def test_a_link_is_good_for_seven_days(wire: Wire) -> None:
    link = wire("GET", SET, Prefer="odata.track-changes").json()["@odata.deltaLink"]
    wire.sandbox.time.sleep(7 * 86400 - 1)
    again = Wire(wire.sandbox)
    assert again("GET", link).status_code == 200
    wire.sandbox.time.sleep(2)
    assert again("GET", link).status_code == 410


def test_tracking_takes_the_right_to_read_everybodys_rows(wire: Wire) -> None:
    wire.sandbox.api.shallow.add("prvreadmsnfp_request")
    assert wire("GET", SET).status_code == 200
    assert code(wire("GET", SET, Prefer="odata.track-changes")) == (403, "0x80040220")


# --- limits and refusals ---------------------------------------------------------------


def test_a_token_ends_and_a_call_without_one_is_refused(wire: Wire) -> None:
    assert wire("GET", "WhoAmI").status_code == 200
    wire.sandbox.time.sleep(3600)
    assert wire("GET", "WhoAmI").status_code == 401


def test_more_calls_than_the_limit_are_told_when_to_come_back(wire: Wire) -> None:
    wire.sandbox.api.most_calls = 2
    assert [wire("GET", "WhoAmI").status_code for _ in range(2)] == [200, 200]
    wire.sandbox.time.sleep(100)
    busy = wire("GET", "WhoAmI")
    assert code(busy) == (429, "0x80072322") and busy.headers["Retry-After"] == "201"
    wire.sandbox.time.sleep(201)
    assert wire("GET", "WhoAmI").status_code == 200


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"msnfp_nam": "x"}, "0x80048d19"),
        ({"MSNFP_NAME": "x"}, "0x80048d19"),
        ({"msnfp_recipientid": "x"}, "0x80048d19"),
        ({"_msnfp_recipientid_value": "x"}, "0x80048d19"),
        ({"msnfp_recipientid_account@odata.bind": "/accounts(ID)"}, "0x80048d19"),
        ({"msnfp_RecipientId_contact@odata.bind": "/accounts(ID)"}, "0x80048d19"),
        ({"msnfp_name": 5}, "0x80048d19"),
        ({"msnfp_name": "x" * 101}, "0x80044331"),
        ({"msnfp_name": "x", "msnfp_stage": 5}, "0x8004431a"),
        ({"msnfp_name": "x", "commons_start": "2026-02-30"}, "0x80048d19"),
    ],
)
def test_what_does_not_fit_is_refused(wire: Wire, body: dict[str, Any], expected: str) -> None:
    account = wire.sandbox.write("account", None, {"name": "Cedar Trust"})
    sent = {name: value.replace("ID", account) if isinstance(value, str) else value for name, value in body.items()}
    assert code(wire("POST", SET, {"msnfp_name": "x"} | sent)) == (400, expected)
    assert wire.sandbox.rows(REQUEST) == []


def test_a_lookup_is_written_by_its_navigation_name_and_read_as_a_value(wire: Wire) -> None:
    account = wire.sandbox.write("account", None, {"name": "Cedar Trust"})
    body = {"msnfp_name": "x", "msnfp_RecipientId_account@odata.bind": f"/accounts({account})"}
    row = wire("POST", SET, body, Prefer='return=representation,odata.include-annotations="*"').json()
    assert row["_msnfp_recipientid_value"] == account
    assert row["_msnfp_recipientid_value@Microsoft.Dynamics.CRM.lookuplogicalname"] == "account"


# --- batches ------------------------------------------------------------------------------


def _batch(*names: str) -> bytes:
    part = "--b1\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n{}\r\n"
    posts = [
        f'POST /api/data/v9.2/{SET} HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{{"msnfp_name":"{name}"}}'
        for name in names
    ]
    return ("".join(map(part.format, posts)) + "--b1--\r\n").encode()


@pytest.mark.parametrize(
    ("prefer", "status", "made"), [("", 400, ["one"]), ("odata.continue-on-error", 200, ["one", "three"])]
)
def test_a_batch_stops_at_the_first_failure_or_goes_on(wire: Wire, prefer: str, status: int, made: list[str]) -> None:
    answer = wire(
        "POST",
        "$batch",
        data=_batch("one", "x" * 101, "three"),
        Prefer=prefer,
        Content_Type="multipart/mixed; boundary=b1",
    )
    assert answer.status_code == status and answer.headers["Content-Type"].startswith(
        "multipart/mixed; boundary=batchresponse_"
    )
    assert answer.text.count("HTTP/1.1 204 No Content") == len(made) and answer.text.count("0x80044331") == 1
    assert [row["msnfp_name"] for row in wire.sandbox.rows(REQUEST)] == made


# --- the desk -------------------------------------------------------------------------------


def test_a_seed_names_what_its_lookups_point_at_and_people_edit_rows_on_its_page() -> None:
    rows = {
        "account": [{"name": "Cedar Trust"}],
        REQUEST: [{"msnfp_name": "Wells", "msnfp_recipientid": {"account": {"name": "Cedar Trust"}}}],
    }
    with build({"rows": rows}, ManualTime()) as sandbox:
        id = sandbox.rows(REQUEST)[0]["msnfp_requestid"]
        page = f"{sandbox.url}/_sandbox/t/{REQUEST}/{id}"
        assert "Cedar Trust · " in requests.get(page, timeout=5).text
        typed = {
            "msnfp_stage": "Awarded",
            "commons_ask": "2500.50",
            "commons_share": "true",
            "commons_start": "2026-09-01",
        }
        assert requests.post(page, data=typed, timeout=5).status_code == 200
        row = sandbox.rows(REQUEST)[0]
        assert (row["msnfp_stage"], str(row["commons_ask"]), row["commons_share"]) == (844060008, "2500.50", True)
        wrong = requests.post(page, data={"commons_ask": "much"}, timeout=5).text
        assert "takes a number" in wrong

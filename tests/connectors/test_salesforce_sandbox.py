"""The Salesforce stand-in, driven by a client that others wrote, and held against the facts known of the real one."""

from __future__ import annotations

import importlib
import json
import ssl
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
import trustme
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceExpiredSession,
    SalesforceMalformedRequest,
    SalesforceMoreThanOneRecord,
    SalesforceRefusedRequest,
    SalesforceResourceNotFound,
)

from connectors.clock import ManualTime
from connectors.salesforce.ids import long_id, suffix
from connectors.salesforce.sandbox import CLIENT_ID, CLIENT_SECRET, SalesforceSandbox, build
from connectors.salesforce.sandbox_json import number
from tests.conformance.subjects import app_keys

REQUEST = "outfunds__Funding_Request__c"


class ToSandbox(HTTPAdapter):
    """Sends what is meant for Salesforce's own domain to the stand-in: simple-salesforce cannot be told another."""

    def __init__(self, url: str) -> None:
        self.url = url
        super().__init__()

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        path = (request.url or "").split("/", 3)[3]
        request.url = f"{self.url}/{path}"
        return super().send(request, *args, **more)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def sandbox(authority: trustme.CA) -> Iterator[SalesforceSandbox]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with SalesforceSandbox(time=ManualTime(), ssl_context=context, session=timedelta(minutes=30)) as server:
        server.seed({"accounts": [{"Name": "Olive Branch Schools", "EIN__c": "12-3456789"}]})
        yield server


@pytest.fixture
def session(sandbox: SalesforceSandbox, authority: trustme.CA, tmp_path: Path) -> requests.Session:
    pem = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(pem))
    made = requests.Session()
    made.trust_env = False
    made.verify = str(pem)
    made.mount("https://cedar.my.salesforce.com", ToSandbox(sandbox.url))
    return made


@pytest.fixture
def client(session: requests.Session) -> Any:
    return Salesforce(
        consumer_key=CLIENT_ID, consumer_secret=CLIENT_SECRET, domain="cedar.my", session=session, version="62.0"
    )


def content(refused: pytest.ExceptionInfo[Any]) -> Any:
    return refused.value.content


# --- through simple-salesforce -----------------------------------------------


def test_a_client_signs_in_and_goes_where_it_is_told(client: Any, sandbox: SalesforceSandbox) -> None:
    assert f"https://{client.sf_instance}" == sandbox.url
    assert client.limits()["DailyApiRequests"]["Max"] == 100_000
    assert client.api_usage["api-usage"].used == 1


def test_a_record_lives_its_life(client: Any) -> None:
    table = getattr(client, REQUEST)
    made = table.create({"Name": "Wells", "Commons_Ask__c": 12000.5})
    assert made["success"] and made["errors"] == []
    assert table.get(made["id"])["Commons_Ask__c"] == 12000.5
    assert table.get(made["id"][:15])["Id"] == made["id"]
    assert table.update(made["id"], {"Name": "Deep wells"}) == 204
    assert table.get(made["id"])["Name"] == "Deep wells"
    assert table.delete(made["id"]) == 204
    with pytest.raises(SalesforceResourceNotFound) as refused:
        table.get(made["id"])
    assert content(refused)[0]["errorCode"] == "ENTITY_IS_DELETED"


def test_an_upsert_creates_then_changes(client: Any) -> None:
    table = getattr(client, REQUEST)
    answers = [table.upsert("Commons_Id__c/k-1", {"Name": name}, raw_response=True) for name in ("Wells", "Deep wells")]
    assert [(answer.status_code, answer.json()["created"]) for answer in answers] == [(201, True), (200, False)]
    assert table.get_by_custom_id("Commons_Id__c", "k-1")["Name"] == "Deep wells"
    with pytest.raises(SalesforceMalformedRequest):
        table.upsert("Commons_Id__c/k-1", {"Commons_Id__c": "k-2"})
    with pytest.raises(SalesforceResourceNotFound):
        table.upsert("Name/x", {})


def test_a_list_is_paged_by_opaque_addresses_in_smaller_pages_than_asked(
    client: Any, sandbox: SalesforceSandbox
) -> None:
    sandbox.api.most_a_page = 3
    for place in range(7):
        sandbox.org.insert(REQUEST, {"Name": f"{place}"})
    found = client.query_all(f"SELECT Id, Name FROM {REQUEST} ORDER BY Name DESC")
    assert [row["Name"] for row in found["records"]] == list("6543210") and found["totalSize"] == 7
    assert len(sandbox.calls("GET", "/query/01g")) == 2


def test_a_deleted_row_is_in_query_all_and_in_the_deleted_list_only(client: Any, sandbox: SalesforceSandbox) -> None:
    id = sandbox.org.insert(REQUEST, {"Name": "x"})
    start = sandbox.time.now()
    sandbox.org.delete(REQUEST, id)
    soql = f"SELECT Id, IsDeleted FROM {REQUEST}"
    assert client.query(soql)["totalSize"] == 0
    assert client.query(soql, include_deleted=True)["records"][0]["IsDeleted"] is True
    listed = getattr(client, REQUEST).deleted(start, start + timedelta(minutes=5))
    assert [item["id"] for item in listed["deletedRecords"]] == [id]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("Name = 'b'", "b"),
        ("Name = 'B'", "b"),
        ("Name != 'b'", "ac"),
        ("Name IN ('a', 'c')", "ac"),
        ("Name NOT IN ('a', 'c')", "b"),
        ("Name LIKE 'a%'", "a"),
        ("Commons_Ask__c > 1 AND Commons_Ask__c <= 3", "bc"),
        ("Commons_Ask__c = 1 OR (Commons_Share__c = true AND NOT Name = 'a')", "ab"),
        ("outfunds__Term_Start_Date__c >= 2026-02-01", "b"),
        ("outfunds__Term_Start_Date__c = null", "ac"),
        ("outfunds__Applying_Organization__r.EIN__c = '12-3456789'", "c"),
        ("SystemModstamp >= 2026-03-02T09:00:00Z", "abc"),
        ("SystemModstamp > 2026-03-02T11:00:00.000+02:00", ""),
    ],
)
def test_conditions_choose_the_rows_they_name(
    client: Any, sandbox: SalesforceSandbox, condition: str, expected: str
) -> None:
    organisation = next(row["Id"] for row in sandbox.org.rows("Account"))
    sandbox.org.insert(REQUEST, {"Name": "a", "Commons_Ask__c": 1, "Commons_Share__c": False})
    sandbox.org.insert(
        REQUEST,
        {"Name": "b", "Commons_Ask__c": 2, "Commons_Share__c": True, "outfunds__Term_Start_Date__c": "2026-02-01"},
    )
    sandbox.org.insert(REQUEST, {"Name": "c", "Commons_Ask__c": 3, "outfunds__Applying_Organization__c": organisation})
    found = client.query(f"SELECT Name FROM {REQUEST} WHERE {condition} ORDER BY Name LIMIT 10")
    assert "".join(row["Name"] for row in found["records"]) == expected
    assert client.query(f"SELECT COUNT() FROM {REQUEST} WHERE {condition}")["totalSize"] == len(expected)


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("SELECT Nothing FROM Account", "INVALID_FIELD"),
        ("SELECT Id FROM Nothing", "INVALID_TYPE"),
        ("SELECT Id FROM Account WHERE", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Name = x", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account; DELETE", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE SystemModstamp > '2026-01-01T00:00:00Z'", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Description = 'x'", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Id = 'x'", "INVALID_QUERY_FILTER_OPERATOR"),
        (f"SELECT outfunds__Applying_Organization__c.Name FROM {REQUEST}", "INVALID_FIELD"),
    ],
)
def test_a_wrong_query_is_refused_with_salesforces_code(client: Any, soql: str, code: str) -> None:
    with pytest.raises(SalesforceMalformedRequest) as refused:
        client.query(soql)
    assert content(refused)[0]["errorCode"] == code


@pytest.mark.parametrize(
    ("fields", "code", "named"),
    [
        ({}, "REQUIRED_FIELD_MISSING", ["Name"]),
        ({"Name": "x" * 81}, "STRING_TOO_LONG", ["Name"]),
        ({"Name": "x", "Nope__c": 1}, "INVALID_FIELD", None),
        ({"Name": "x", "CurrencyIsoCode": "XXX"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ["CurrencyIsoCode"]),
        ({"Name": "x", "OwnerId": "abc"}, "MALFORMED_ID", ["OwnerId"]),
        ({"Name": "x", "OwnerId": "005000000000zzzAAB"}, "MALFORMED_ID", ["OwnerId"]),
        ({"Name": "x", "OwnerId": "005000000000zzz"}, "INVALID_CROSS_REFERENCE_KEY", []),
        ({"Name": "x", "Commons_Ask__c": "many"}, "JSON_PARSER_ERROR", None),
        ({"Name": "x", "Commons_Ask__c": 10**17}, "NUMBER_OUTSIDE_VALID_RANGE", ["Commons_Ask__c"]),
        ({"Name": "x", "outfunds__Close_Date__c": "31.3.2026"}, "JSON_PARSER_ERROR", None),
        ({"Name": "x", "Commons_Share__c": None}, "INVALID_TYPE_ON_FIELD_IN_RECORD", ["Commons_Share__c"]),
        ({"Name": "x", "CreatedDate": "2026-01-01T00:00:00Z"}, "INVALID_FIELD_FOR_INSERT_UPDATE", ["CreatedDate"]),
    ],
)
def test_a_wrong_value_is_refused_with_salesforces_code(
    client: Any, fields: dict[str, Any], code: str, named: list[str] | None
) -> None:
    with pytest.raises(SalesforceMalformedRequest) as refused:
        getattr(client, REQUEST).create(fields)
    (problem,) = content(refused)
    assert (problem["errorCode"], problem.get("fields")) == (code, named)


def test_one_unique_key_is_one_record(client: Any) -> None:
    table = getattr(client, REQUEST)
    table.create({"Name": "x", "Commons_Id__c": "k"})
    with pytest.raises(SalesforceMalformedRequest) as refused:
        table.create({"Name": "y", "Commons_Id__c": "K"})
    assert content(refused)[0]["errorCode"] == "DUPLICATE_VALUE"


def test_an_ambiguous_external_id_answers_300(client: Any, sandbox: SalesforceSandbox) -> None:
    sandbox.org.insert("Account", {"Name": "Second", "EIN__c": "12-3456789"})
    with pytest.raises(SalesforceMoreThanOneRecord):
        client.Account.get_by_custom_id("EIN__c", "12-3456789")


def test_what_salesforce_keeps_differs_from_what_was_sent(client: Any) -> None:
    table = getattr(client, REQUEST)
    made = table.create(
        {
            "Name": "x",
            "outfunds__Terms__c": "",
            "outfunds__Population_Served__c": "Women;Own words;Adults",
            "Commons_Ask__c": 10.005,
        }
    )
    kept = table.get(made["id"])
    assert kept["outfunds__Terms__c"] is None
    assert kept["outfunds__Population_Served__c"] == "Adults;Women;Own words"
    assert str(kept["Commons_Ask__c"]) == "10.01"


def test_unknown_objects_are_not_found(client: Any) -> None:
    with pytest.raises(SalesforceResourceNotFound):
        client.Nothing__c.describe()
    assert client.Account.describe()["fields"][0]["name"] == "Id"
    assert REQUEST in [item["name"] for item in client.describe()["sobjects"]]


def test_tokens_end_and_quotas_too(client: Any, sandbox: SalesforceSandbox) -> None:
    sandbox.api.allowed = sandbox.api.used
    with pytest.raises(SalesforceRefusedRequest) as refused:
        client.query("SELECT Id FROM Account")
    assert content(refused)[0]["errorCode"] == "REQUEST_LIMIT_EXCEEDED"
    sandbox.time.sleep(1800)
    client._salesforce_login_partial = None  # or it would sign in again by itself
    with pytest.raises((SalesforceExpiredSession, RuntimeError)):
        client.query("SELECT Id FROM Account")


def test_wrong_credentials_are_refused_as_oauth_does(session: requests.Session) -> None:
    with pytest.raises(SalesforceAuthenticationFailed) as refused:
        Salesforce(consumer_key=CLIENT_ID, consumer_secret="no", domain="cedar.my", session=session)
    assert refused.value.code == "invalid_client"


# --- as bare HTTP ------------------------------------------------------------


def authorised(client: Any, session: requests.Session, method: str, path: str, **more: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {client.session_id}", **more.pop("headers", {})}
    return session.request(method, f"{client.base_url}{path}", headers=headers, **more)


def test_a_guarded_write_heeds_whole_seconds_and_a_delete_heeds_nothing(
    client: Any, session: requests.Session, sandbox: SalesforceSandbox
) -> None:
    id = sandbox.org.insert(REQUEST, {"Name": "x"})
    earlier = {"If-Unmodified-Since": "Mon, 02 Mar 2026 08:59:59 GMT"}
    now = {"If-Unmodified-Since": "Mon, 02 Mar 2026 09:00:00 GMT"}

    def patch(headers: dict[str, str]) -> int:
        path = f"sobjects/{REQUEST}/{id}"
        return authorised(client, session, "PATCH", path, json={"Name": "y"}, headers=headers).status_code

    assert [patch(now), patch(now), patch(earlier)] == [204, 204, 412]
    assert patch({"If-Unmodified-Since": "soon"}) == 400
    sandbox.time.sleep(1)
    assert [patch(now), patch({}), patch(now)] == [204, 204, 412]
    assert authorised(client, session, "DELETE", f"sobjects/{REQUEST}/{id}", headers=earlier).status_code == 204


def test_204_has_no_body_and_every_counted_answer_tells_the_limit(
    client: Any, session: requests.Session, sandbox: SalesforceSandbox
) -> None:
    id = sandbox.org.insert(REQUEST, {"Name": "x"})
    changed = authorised(client, session, "PATCH", f"sobjects/{REQUEST}/{id}", json={"Name": "y"})
    assert changed.content == b"" and changed.headers["Sforce-Limit-Info"] == "api-usage=1/100000"
    refused = authorised(client, session, "GET", "sobjects/Nothing/describe")
    assert refused.status_code == 404 and refused.headers["Sforce-Limit-Info"] == "api-usage=2/100000"


def test_a_body_that_is_not_json_is_refused(client: Any, session: requests.Session) -> None:
    path = f"sobjects/{REQUEST}"
    as_json = {"Content-Type": "application/json"}
    assert authorised(client, session, "POST", path, data="x=1").status_code == 415
    for body in (b"{", b"[]", b"\xff"):
        assert authorised(client, session, "POST", path, data=body, headers=as_json).status_code == 400


def test_versions_need_no_token_and_unknown_ones_are_not_found(
    client: Any, session: requests.Session, sandbox: SalesforceSandbox
) -> None:
    listed = session.get(f"{sandbox.url}/services/data/").json()
    assert "62.0" in [item["version"] for item in listed] and sandbox.api.used == 0
    path = f"{sandbox.url}/services/data/v99.0/limits"
    assert session.get(path, headers={"Authorization": f"Bearer {client.session_id}"}).status_code == 404


def test_a_grant_that_is_not_offered_is_refused(session: requests.Session, sandbox: SalesforceSandbox) -> None:
    for grant in ("urn:ietf:params:oauth:grant-type:jwt-bearer", "password", ""):
        answer = session.post(f"{sandbox.url}/services/oauth2/token", data={"grant_type": grant, "assertion": "a.b.c"})
        assert answer.status_code == 400 and answer.json()["error"] == "unsupported_grant_type"


def test_the_page_shows_whom_a_record_names_and_saves_what_a_person_types(
    session: requests.Session, sandbox: SalesforceSandbox
) -> None:
    organisation = next(row["Id"] for row in sandbox.org.rows("Account"))
    id = sandbox.org.insert(REQUEST, {"Name": "x", "outfunds__Applying_Organization__c": organisation})
    before = sandbox.org.live(REQUEST, id)["SystemModstamp"]
    page = f"{sandbox.url}/_sandbox/t/{REQUEST}/{id}"
    assert f"Olive Branch Schools · {organisation}" in session.get(page).text
    sandbox.time.sleep(5)
    session.post(page, data={"Name": "Typed", "Commons_Ask__c": "12.50", "Commons_Share__c": "true"})
    row = sandbox.org.live(REQUEST, id)
    assert (row["Name"], str(row["Commons_Ask__c"]), row["Commons_Share__c"]) == ("Typed", "12.50", True)
    assert row["SystemModstamp"] > before and row["outfunds__Applying_Organization__c"] == organisation
    assert "takes a number" in session.post(page, data={"Commons_Ask__c": "lots"}).text


# --- many at once, as simple-salesforce sends them ---------------------------


def row(**fields: Any) -> dict[str, Any]:
    return {"attributes": {"type": REQUEST}, **fields}


def collected(client: Any, method: str, path: str, records: list[dict[str, Any]], all_or_none: bool = False) -> Any:
    return client.restful(path, method=method, json={"allOrNone": all_or_none, "records": records})


def test_a_collection_is_answered_200_in_order_with_status_codes_for_each(
    client: Any, sandbox: SalesforceSandbox
) -> None:
    path = f"composite/sobjects/{REQUEST}/Commons_Id__c"
    sandbox.org.insert(REQUEST, {"Name": "there", "Commons_Id__c": "k-2"})
    records = [row(Commons_Id__c=f"k-{n}", Name=name) for n, name in enumerate(("new", "x" * 81, "changed"))]
    made, long, changed = collected(client, "PATCH", path, records)
    assert (made["success"], made["created"], made["errors"]) == (True, True, [])
    assert (changed["success"], changed["created"]) == (True, False)
    assert long["success"] is False and long["errors"][0]["statusCode"] == "STRING_TOO_LONG"
    assert long["errors"][0]["fields"] == ["Name"] and "errorCode" not in long["errors"][0]
    assert client.api_usage["api-usage"].used == 1


def test_a_collection_is_undone_as_a_whole_where_it_is_asked_to_be(client: Any, sandbox: SalesforceSandbox) -> None:
    path = f"composite/sobjects/{REQUEST}/Commons_Id__c"
    records = [row(Commons_Id__c="a", Name="fine"), row(Commons_Id__c="b", Name="x" * 81)]
    fine, long = collected(client, "PATCH", path, records, all_or_none=True)
    assert fine["errors"][0]["statusCode"] == "ALL_OR_NONE_OPERATION_ROLLED_BACK"
    assert long["errors"][0]["statusCode"] == "STRING_TOO_LONG" and list(sandbox.org.rows(REQUEST)) == []
    (again,) = collected(client, "PATCH", path, records[:1])
    assert again["created"] is True  # nothing is left of it, not even in an index


def test_a_collection_has_200_records_at_most_of_one_type(client: Any) -> None:
    path = f"composite/sobjects/{REQUEST}/Commons_Id__c"
    with pytest.raises(SalesforceMalformedRequest):
        collected(client, "PATCH", path, [row(Commons_Id__c=f"{n}", Name="x") for n in range(201)])
    other = {"attributes": {"type": "Account"}, "Commons_Id__c": "k", "Name": "x"}
    (refused,) = collected(client, "PATCH", path, [other])
    assert refused["success"] is False


def test_collections_make_and_change_by_id_too(client: Any, sandbox: SalesforceSandbox) -> None:
    (made,) = collected(client, "POST", "composite/sobjects", [row(Name="one")])
    done, gone = collected(
        client, "PATCH", "composite/sobjects", [row(id=made["id"], Name="two"), row(id="a02000000000ZZZ", Name="x")]
    )
    assert done["success"] and sandbox.org.live(REQUEST, made["id"])["Name"] == "two"
    assert gone["errors"][0]["statusCode"] == "NOT_FOUND"


def test_a_composite_request_counts_once_and_its_requests_may_name_what_came_before(
    client: Any, sandbox: SalesforceSandbox
) -> None:
    base = "/services/data/v62.0/sobjects"
    requests_ = [
        {"method": "POST", "url": f"{base}/Account", "referenceId": "org", "body": {"Name": "Fig Tree Clinic"}},
        {"method": "POST", "url": f"{base}/{REQUEST}", "referenceId": "made",
         "body": {"Name": "Wells", "outfunds__Applying_Organization__c": "@{org.id}"}},
        {"method": "GET", "url": f"{base}/{REQUEST}/@{{made.id}}?fields=Name", "referenceId": "read"},
        {"method": "GET", "url": f"{base}/Nothing/describe", "referenceId": "missing"},
    ]  # fmt: skip
    answer = client.restful("composite", method="POST", json={"allOrNone": False, "compositeRequest": requests_})
    assert [item["httpStatusCode"] for item in answer["compositeResponse"]] == [201, 201, 200, 404]
    assert [item["referenceId"] for item in answer["compositeResponse"]] == ["org", "made", "read", "missing"]
    assert answer["compositeResponse"][2]["body"]["Name"] == "Wells" and sandbox.api.used == 1


def test_a_composite_request_is_undone_as_a_whole_where_it_is_asked_to_be(
    client: Any, sandbox: SalesforceSandbox
) -> None:
    base = f"/services/data/v62.0/sobjects/{REQUEST}"
    requests_ = [
        {"method": "POST", "url": base, "referenceId": f"r{n}", "body": {"Name": name}}
        for n, name in enumerate(("fine", "x" * 81))
    ]
    answer = client.restful("composite", method="POST", json={"allOrNone": True, "compositeRequest": requests_})
    assert [item["body"][0]["errorCode"] for item in answer["compositeResponse"]] == [
        "PROCESSING_HALTED",
        "STRING_TOO_LONG",
    ]
    assert list(sandbox.org.rows(REQUEST)) == []
    many = {"compositeRequest": [requests_[0]] * 26}
    with pytest.raises(SalesforceMalformedRequest):
        client.restful("composite", method="POST", json=many)


def test_a_client_of_others_signs_in_with_a_certificate(authority: trustme.CA, tmp_path: Path) -> None:
    private, public = app_keys()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    pem = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(pem))
    with SalesforceSandbox(ssl_context=context, certificate=public) as sandbox:  # its own clock is that client's
        session = requests.Session()
        session.trust_env = False
        session.verify = str(pem)
        session.mount("https://login.salesforce.com", ToSandbox(sandbox.url))
        signed_in = Salesforce(
            username="hub@integration.example",
            consumer_key=CLIENT_ID,
            privatekey=private,
            session=session,
            version="62.0",
        )
        assert signed_in.query("SELECT Id FROM Account")["totalSize"] == 0


# --- small parts -------------------------------------------------------------


def test_the_long_form_of_an_id_is_salesforces_own() -> None:
    assert suffix("01gD0000002HU6K") == "IAW"
    assert long_id("01gD0000002HU6K") == long_id("01gD0000002HU6KIAW") == "01gD0000002HU6KIAW"
    assert long_id("01gD0000002HU6KAAA") is None and long_id("short") is None


@pytest.mark.parametrize(
    ("value", "shown"),
    [("12000", "12000.0"), ("12000.50", "12000.5"), ("0.00", "0.0"), ("12500000", "1.25E7"), ("-3E9", "-3.0E9")],
)
def test_numbers_look_as_salesforce_writes_them(value: str, shown: str) -> None:
    assert number(Decimal(value)) == shown


def test_the_system_names_the_function_that_starts_its_stand_in() -> None:
    from connectors.salesforce import connector

    module, _, function = (connector.sandbox or "").partition(":")
    with getattr(importlib.import_module(module), function)({}, time=ManualTime()) as server:
        id = server.write("Account", None, {"Name": "Fig Tree Clinic"})
        server.write("Account", id, {"Name": "Fig Tree Clinics"})
        assert [row["Name"] for row in server.rows("Account")] == ["Fig Tree Clinics"]
        server.remove("Account", id)
        assert server.rows("Account") == [] and server.url.startswith("http://127.0.0.1:")


def test_a_seed_file_makes_an_org(tmp_path: Path) -> None:
    seed = {
        "client_id": "c",
        "client_secret": "s",
        "users": [{"Email": "noor@cedar.example", "Name": "Noor Haddad"}],
        "accounts": [{"Name": "Olive Branch Schools", "EIN__c": "1"}],
        "records": {
            REQUEST: [
                {
                    "Name": "Wells",
                    "Commons_Ask__c": 10.1,
                    "OwnerId": {"Email": "noor@cedar.example"},
                    "outfunds__Applying_Organization__c": {"EIN__c": "1"},
                }
            ]
        },
    }
    made = build(json.loads(json.dumps(seed)), ManualTime())
    (row,) = made.org.rows(REQUEST)
    assert str(row["Commons_Ask__c"]) == "10.10"
    assert made.org.tables["User"][row["OwnerId"]]["Name"] == "Noor Haddad"
    with pytest.raises(ValueError, match="names a User"):
        made.seed({"records": {REQUEST: [{"Name": "x", "OwnerId": {"Email": "nobody@cedar.example"}}]}})

"""The Fluxx stand-in: a client that others wrote, the vendor's examples replayed, and the facts known of real sites."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import fluxx as fluxx_wrapper
import pytest
import requests

from connectors.clock import ManualTime
from connectors.fluxx.sandbox import FluxxSandbox, serve
from tests.connectors.fluxx_site import CLIENT, REQUEST, SECRET, seed

MODEL = "/api/rest/v2/grant_request"


@pytest.fixture
def sandbox() -> Iterator[FluxxSandbox]:
    with serve(seed(), time=ManualTime()) as server:
        yield server


class Site:
    """Plain calls, as the vendor's examples make them."""

    def __init__(self, sandbox: FluxxSandbox) -> None:
        self.url = sandbox.url
        form = {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": SECRET}
        self.token = requests.post(f"{self.url}/oauth/token", data=form, timeout=5).json()
        self.headers = {"Authorization": f"Bearer {self.token['access_token']}"}

    def ask(self, method: str, path: str, **how: Any) -> requests.Response:
        return requests.request(method, self.url + path, headers=self.headers, timeout=5, **how)

    def list(self, model: str = REQUEST, **params: Any) -> Any:
        given = {name: value if isinstance(value, str) else json.dumps(value) for name, value in params.items()}
        return self.ask("GET", f"/api/rest/v2/{model}", params={"cols": '["id"]'} | given).json()

    def ids(self, **params: Any) -> list[int]:
        return sorted(row["id"] for row in self.list(**params)["records"][REQUEST])


@pytest.fixture
def site(sandbox: FluxxSandbox) -> Site:
    return Site(sandbox)


def add(sandbox: FluxxSandbox, **cells: Any) -> int:
    return int(sandbox.write(REQUEST, None, cells))


# --- a client that others wrote


@pytest.fixture
def client(sandbox: FluxxSandbox, monkeypatch: pytest.MonkeyPatch) -> fluxx_wrapper.FluxxClient:
    """fluxx_wrapper can only be told the name of a site; what it sends there goes to the stand-in."""
    send = requests.Session.request

    def led_here(session: requests.Session, method: str, url: str, **how: Any) -> requests.Response:
        return send(session, method, url.replace("https://meadow.fluxx.io", sandbox.url), timeout=5, **how)

    monkeypatch.setattr(requests.Session, "request", led_here)
    return fluxx_wrapper.FluxxClient("meadow", CLIENT, SECRET)


def test_another_client_signs_in_creates_changes_lists_gets_and_deletes(
    sandbox: FluxxSandbox, client: fluxx_wrapper.FluxxClient
) -> None:
    made = client.create(REQUEST, {"Project Title": "Wells for the upper valley", "amount_requested": 35000})
    assert made["amount_requested"] == 35000
    client.update(REQUEST, made["id"], {"project_title": "Wells"})
    assert client.get(REQUEST, made["id"], ["project_title"]) == {"id": made["id"], "project_title": "Wells"}
    found = client.list(REQUEST, ["amount_requested"], fltr=["amount_requested", "eq", "35000"])
    assert found == [{"id": made["id"], "amount_requested": 35000}]
    client.delete(REQUEST, made["id"])
    assert sandbox.rows(REQUEST) == []


def test_another_client_looks_up_by_migrate_id_before_it_writes(
    sandbox: FluxxSandbox, client: fluxx_wrapper.FluxxClient
) -> None:
    id = add(sandbox, migrate_id=4711)
    assert client.list(REQUEST, ["migrate_id"], fltr=["migrate_id", "eq", 4711]) == [{"id": id, "migrate_id": 4711}]
    assert client.list(REQUEST, ["migrate_id"], fltr=["migrate_id", "eq", 4712]) == []


def test_another_client_meets_the_error_inside_a_success(client: fluxx_wrapper.FluxxClient) -> None:
    with pytest.raises(fluxx_wrapper.FluxxError, match="uninitialized constant GrantReqest"):
        client.list("grant_reqest", ["id"])


def test_another_client_is_told_that_its_secret_is_wrong(client: fluxx_wrapper.FluxxClient) -> None:
    with pytest.raises(OSError, match="Client authentication failed"):
        fluxx_wrapper.FluxxClient("meadow", CLIENT, "wrong")


# --- the vendor's examples


def test_the_list_of_the_guide_has_its_records_under_the_model_and_its_counts(
    sandbox: FluxxSandbox, site: Site
) -> None:
    ids = [add(sandbox, program_organization_id=10032883, amount_requested=35000 + n) for n in range(5)]
    body = site.list(cols=["program_organization_id", "amount_requested"], sort='["amount_requested","asc"]')
    first = {"id": ids[0], "program_organization_id": 10032883, "amount_requested": 35000}
    assert body["records"].keys() == {REQUEST} and body["records"][REQUEST][0] == first
    counts = {name: value for name, value in body.items() if name != "records"}
    assert counts == {"total_pages": 1, "total_entries": 5, "current_page": 1, "per_page": 25}


def test_the_record_of_the_guide_has_a_relation_by_name_as_an_array_of_ids(sandbox: FluxxSandbox, site: Site) -> None:
    id = add(sandbox, program_organization_id=10079459, project_title="This is an API Demo.", updated_by_id=263502)
    params = {"cols": '["program_organization_id","project_title","updated_by"]'}
    assert site.ask("GET", f"{MODEL}/{id}", params=params).json() == {
        REQUEST: {
            "id": id,
            "program_organization_id": 10079459,
            "project_title": "This is an API Demo.",
            "updated_by": [263502],
        }
    }


def test_relation_puts_the_target_in_place_of_its_id(sandbox: FluxxSandbox, site: Site) -> None:
    organisation = sandbox.rows("organization")[0]
    id = add(sandbox, program_organization_id=organisation["id"])
    params = {"cols": '["program_organization_id"]', "relation": '{"program_organization_id":["name","phone"]}'}
    shown = site.ask("GET", f"{MODEL}/{id}", params=params).json()[REQUEST]
    assert shown["program_organization_id"] == [{"id": organisation["id"], "name": "Upper Valley Trust"}]


@pytest.mark.parametrize("form", ["urlencoded", "multipart", "json of json", "json"])
def test_a_record_is_created_from_every_form_of_body(sandbox: FluxxSandbox, site: Site, form: str) -> None:
    data, cols = {"project_title": "Wells"}, ["project_title"]
    texts = {"data": json.dumps(data), "cols": json.dumps(cols)}
    how: dict[str, Any] = {
        "urlencoded": {"data": texts},
        "multipart": {"files": {name: (None, text) for name, text in texts.items()}},
        "json of json": {"json": texts},
        "json": {"json": {"data": data, "cols": cols}},
    }[form]
    assert site.ask("POST", MODEL, **how).json()[REQUEST]["project_title"] == "Wells"
    assert [row["project_title"] for row in sandbox.rows(REQUEST)] == ["Wells"]


def test_a_token_is_asked_for_as_multipart_too_and_lives_two_hours(sandbox: FluxxSandbox, site: Site) -> None:
    form = {"grant_type": (None, "client_credentials"), "client_id": (None, CLIENT), "client_secret": (None, SECRET)}
    assert requests.post(f"{site.url}/oauth/token", files=form, timeout=5).json()["expires_in"] == 7200  # type: ignore[arg-type]
    assert site.ask("GET", MODEL, params={"cols": '["id"]'}).status_code == 200
    sandbox.time.sleep(7200)
    late = site.ask("GET", MODEL, params={"cols": '["id"]'})
    assert (late.status_code, late.json()["error"]["message"]) == (401, "The access token expired")


# --- what surprises


def test_columns_have_to_be_named_and_blank_ones_are_left_out(sandbox: FluxxSandbox, site: Site) -> None:
    id = add(sandbox, project_title="Wells", project_summary="", commons_share=False)
    asked = {"cols": '["project_title","project_summary","commons_share"]'}
    assert site.ask("GET", f"{MODEL}/{id}", params=asked).json() == {REQUEST: {"id": id, "project_title": "Wells"}}
    assert "cols" in site.ask("GET", MODEL).json()["error"]["message"]
    assert "cols" in site.ask("GET", f"{MODEL}/{id}", params={"cols": "[]"}).json()["error"]["message"]


def test_an_unknown_id_is_answered_by_itself_or_by_404(sandbox: FluxxSandbox, site: Site) -> None:
    asked = {"cols": '["project_title"]'}
    assert site.ask("GET", f"{MODEL}/5", params=asked).json() == {REQUEST: {"id": 5}}
    sandbox.site.unknown = "404"
    assert site.ask("GET", f"{MODEL}/5", params=asked).status_code == 404


def test_pages_hold_25_and_500_at_most(sandbox: FluxxSandbox, site: Site) -> None:
    for _ in range(503):
        add(sandbox)
    assert (len(site.ids()), len(site.ids(per_page="9999")), len(site.ids(per_page="500", page="2"))) == (25, 500, 3)


def test_an_update_reaches_lists_after_five_minutes_unless_it_has_priority(sandbox: FluxxSandbox, site: Site) -> None:
    id = add(sandbox, project_title="Old")
    form = {"data": '{"project_title":"New"}', "cols": '["project_title"]'}

    def listed() -> str:
        return str(site.list(cols=["project_title"])["records"][REQUEST][0]["project_title"])

    assert site.ask("PUT", f"{MODEL}/{id}", data=form).json()[REQUEST]["project_title"] == "New"
    assert listed() == "Old"
    sandbox.time.sleep(299)
    assert listed() == "Old"
    sandbox.time.sleep(1)
    assert listed() == "New"
    form["data"] = '{"project_title":"Newest"}'
    site.ask("PUT", f"{MODEL}/{id}", data=form | {"priority_index": "true"})
    assert listed() == "Newest"


def test_a_deleted_record_is_hidden_or_shown_with_its_date_as_the_site_does_it(
    sandbox: FluxxSandbox, site: Site
) -> None:
    id = add(sandbox)
    site.ask("DELETE", f"{MODEL}/{id}")
    assert site.ids() == []
    sandbox.site.shows_deleted = True
    assert site.list(cols=["deleted_at"])["records"][REQUEST] == [{"id": id, "deleted_at": "2026-03-02T09:00:00Z"}]


def test_values_are_cleared_by_blank_text_and_relations_by_a_blank_id(sandbox: FluxxSandbox, site: Site) -> None:
    id = add(sandbox, project_title="Wells", program_organization_id=10079459)
    form = {"data": '{"project_title":"","program_organization_id":{"id":""}}', "cols": '["project_title"]'}
    assert site.ask("PUT", f"{MODEL}/{id}", data=form).json() == {REQUEST: {"id": id}}


def test_several_values_come_in_three_forms(sandbox: FluxxSandbox, site: Site) -> None:
    sandbox.site.add_field({"name": "areas", "attribute_type": "select", "multi_allowed": True, "choices": ["A", "B"]})
    add(sandbox, areas=["A", "B"])

    def shown(**params: Any) -> Any:
        return site.list(cols=["areas"], **params)["records"][REQUEST][0]["areas"]

    assert shown(enhanced_mavs="true") == "A||B"
    assert [one["val"] for one in shown(show_mavs="true")] == ["A", "B"]
    form = {"data": '{"areas":["A"]}', "cols": '["areas"]'}
    assert "model_attribute_choice" in site.ask("POST", MODEL, data=form).json()["error"]["message"]


def test_dynamic_fields_are_described_to_equality_filters_only(site: Site) -> None:
    wish = {"cols": ["name", "attribute_type"], "filter": {"model_attribute": {"model_type": "GrantRequest"}}}
    rows = site.list("model_attribute", per_page="100", **wish)["records"]["model_attribute"]
    assert {"commons_share", "project_title"} <= {row["name"] for row in rows}
    refused = site.list("model_attribute", cols=["name"], filter=["name", "eq", "commons_share"])
    assert "equality" in refused["error"]["message"]
    assert "[400]" in site.list(filter={REQUEST: {"state": "new"}})["error"]["message"]


def test_each_kind_of_call_has_its_own_minute(sandbox: FluxxSandbox, site: Site) -> None:
    id, cols = add(sandbox), {"cols": '["id"]'}
    got = [site.ask("GET", f"{MODEL}/{id}", params=cols).status_code for _ in range(181)]
    assert got == [200] * 180 + [429]
    form = {"data": "{}", "cols": '["id"]'}
    put = [site.ask("PUT", f"{MODEL}/{id}", data=form) for _ in range(61)]
    assert [answer.status_code for answer in put] == [200] * 60 + [429]
    assert "Retry-After" not in put[-1].headers
    assert site.ask("POST", f"{MODEL}/list", data=cols).status_code == 200
    sandbox.limits.tells = True
    assert site.ask("GET", f"{MODEL}/{id}", params=cols).headers["Retry-After"] == "60"
    sandbox.time.sleep(60)
    assert site.ask("GET", f"{MODEL}/{id}", params=cols).status_code == 200


def test_an_alert_gives_a_batch_again_until_it_is_acknowledged(sandbox: FluxxSandbox, site: Site) -> None:
    queue = sandbox.alerts.add(REQUEST)
    ids = [add(sandbox) for _ in range(1001)]
    sandbox.write("organization", None, {"name": "Not in this queue"})

    def batch() -> Any:
        return requests.get(f"{site.url}/poll/client/1/uuid/queue/{queue}", timeout=5).json()

    first = batch()
    assert [entry["identity"] for entry in first["data"]] == ids[:1000] and batch() == first
    assert first["data"][0]["key"] == {
        "timestamp": first["data"][0]["timestamp"], "table": "requests", "idColumns": ["id"], "id": ids[:1],
    }  # fmt: skip
    done = requests.get(f"{site.url}/poll/client/1/uuid/queue_finished/{queue}/{first['job_uuid']}", timeout=5).json()
    assert done == {"job_uuid": first["job_uuid"], "clear_count": 1000}
    assert [entry["identity"] for entry in batch()["data"]] == ids[1000:]


# --- the filter grammar


DAYS = {
    "last year": "2025-07-01T00:00:00Z",
    "last quarter": "2025-12-15T00:00:00Z",
    "last month": "2026-02-10T00:00:00Z",
    "a week ago": "2026-02-23T12:00:00Z",
    "yesterday": "2026-03-01T12:00:00Z",
    "today": "2026-03-02T12:00:00Z",
    "tomorrow": "2026-03-03T12:00:00Z",
    "next week": "2026-03-10T12:00:00Z",
}
"""Around Monday, 2 March 2026."""


@pytest.mark.parametrize(
    ("op", "value", "found"),
    [
        ("today", "-", ["today"]),
        ("yesterday", "-", ["yesterday"]),
        ("tomorrow", "-", ["tomorrow"]),
        ("last-n-days", "1", ["yesterday"]),
        ("last-n-days", "10", ["a week ago", "yesterday"]),
        ("next-n-days", "8", ["next week", "tomorrow"]),
        ("days-n-ago", "7", ["a week ago"]),
        ("this-week", "-", ["today", "tomorrow"]),
        ("last-week", "-", ["a week ago", "yesterday"]),
        ("next-week", "-", ["next week"]),
        ("this-month", "-", ["next week", "today", "tomorrow", "yesterday"]),
        ("last-n-months", "1", ["a week ago", "last month"]),
        ("months-n-ago", "1", ["a week ago", "last month"]),
        ("last-quarter", "-", ["last quarter"]),
        ("last-year", "-", ["last quarter", "last year"]),
        ("range-year-cal", "2025", ["last quarter", "last year"]),
        ("range", "02/23/2026 - 03/01/2026", ["a week ago", "yesterday"]),
        ("gte", "2026-03-03", ["next week", "tomorrow"]),
        ("lt", "2025-12-15", ["last year"]),
        ("eq", "2026-03-02", ["today"]),
        ("null", "-", ["never"]),
    ],
)
def test_dates_are_filtered_by_the_calendar(
    sandbox: FluxxSandbox, site: Site, op: str, value: str, found: list[str]
) -> None:
    for title, day in DAYS.items():
        add(sandbox, project_title=title, grant_begins_at=day)
    add(sandbox, project_title="never")
    rows = site.list(cols=["project_title"], filter=["grant_begins_at", op, value])["records"][REQUEST]
    assert sorted(row["project_title"] for row in rows) == sorted(found)


@pytest.mark.parametrize(
    ("filter", "found"),
    [
        ({"group_type": "and", "conditions": [["amount_requested", "gte", "20"], ["state", "eq", "new"]]}, [2]),
        ({"group_type": "or", "conditions": [["amount_requested", "eq", "10"], ["state", "eq", "new"]]}, [1, 2]),
        ({"group_type": "not-and", "conditions": [["amount_requested", "eq", "10"]]}, [2, 3]),
        ({"group_type": "not-or", "conditions": [["state", "eq", "new"], ["amount_requested", "eq", "30"]]}, []),
        ({"conditions": [{"group_type": "or", "conditions": [["state", "eq", "granted"]]}]}, [3]),
        (["amount_requested", "range", "10 - 20"], [1, 2]),
        (["amount_requested", "not-eq", "10"], [2, 3]),
        (["project_title", "starts_with", "wel"], [1]),
        (["project_title", "contains", "OO"], [2, 3]),
        (["project_title", "like", "%roof%"], [3]),
        (["program_organization_id", "filter", ["name", "eq", "Upper Valley Trust"]], [2]),
        ([["state", "eq", "new"], ["amount_requested", "lte", "10"]], [1]),
    ],
)
def test_conditions_are_grouped_and_nested(sandbox: FluxxSandbox, site: Site, filter: Any, found: list[int]) -> None:
    trust = next(row["id"] for row in sandbox.rows("organization") if row["name"] == "Upper Valley Trust")
    numbers = {
        add(sandbox, project_title="Wells", amount_requested=10, state="new"): 1,
        add(sandbox, project_title="Books", amount_requested=20, state="new", program_organization_id=trust): 2,
        add(sandbox, project_title="A roof", amount_requested=30, state="granted"): 3,
    }
    assert [numbers[id] for id in site.ids(filter=filter)] == found


@pytest.mark.parametrize("filter", [["state", "soundslike", "new"], ["state"], {"group_type": "xor", "conditions": []},
                                    ["amount_requested", "gte", "many"], ["no_such_column", "eq", "1"]])  # fmt: skip
def test_what_is_no_filter_is_refused_within_a_success(site: Site, filter: Any) -> None:
    assert site.list(filter=filter)["error"]["code"] == 100


def test_the_page_shows_its_records_and_lets_a_person_change_them(sandbox: FluxxSandbox) -> None:
    organisation = sandbox.rows("organization")[0]["id"]
    id = add(sandbox, project_title="Wells", program_organization_id=organisation)
    page = f"{sandbox.url}/_sandbox/t/{REQUEST}/{id}"
    assert "Upper Valley Trust · " in requests.get(page, timeout=5).text
    form = {"project_title": "Deep wells", "commons_share": "true", "program_organization_id": f"X · {organisation}"}
    assert requests.post(page, data=form, timeout=5).ok
    (row,) = sandbox.rows(REQUEST)
    assert (row["project_title"], row["commons_share"], row["program_organization_id"]) == (
        "Deep wells",
        True,
        organisation,
    )
    wrong = requests.post(page, data={"commons_ask": "a lot"}, timeout=5)
    assert "commons_ask is invalid" in wrong.text

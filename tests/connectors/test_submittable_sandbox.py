"""The stand-in by the vendor's OpenAPI document, asked by a client that knows nothing of the connector."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from connectors.clock import ManualTime
from connectors.submittable.sandbox import SubmittableSandbox, serve
from connectors.submittable.sandbox_state import CANARY
from tests.submittable import KEY, OWN, TAKEN_UP, seed


class Client:
    """As the vendor's help has it: basic authentication, JSON."""

    def __init__(self, sandbox: SubmittableSandbox) -> None:
        self.sandbox = sandbox
        self.auth = (KEY, "")

    def __call__(self, method: str, path: str, json: Any = None, **params: Any) -> requests.Response:
        url = f"{self.sandbox.url}/v4/{path}"
        return requests.request(method, url, json=json, params=params, auth=self.auth, timeout=5)


@pytest.fixture
def client() -> Iterator[Client]:
    with serve(seed(), time=ManualTime()) as sandbox:
        yield Client(sandbox)


def field(client: Client, form: str, label: str) -> dict[str, str]:
    found = client.sandbox.organisation.form(form).field(label)
    return {"formFieldId": found.id, "fieldType": found.type}


def entry(client: Client, id: str, type: str) -> dict[str, Any]:
    rows = client("GET", f"entries/submissions/{id}").json()["formEntries"]
    return dict(next(row["entry"] for row in rows if row["formType"] == type))


@pytest.mark.parametrize(
    ("key_as", "auth", "status"),
    [
        ("username", (KEY, ""), 200),
        ("username", ("", KEY), 401),
        ("password", ("", KEY), 200),
        ("password", (KEY, ""), 401),
        ("username", ("other", ""), 401),
    ],
)
def test_an_organisation_takes_the_key_in_one_place(
    client: Client, key_as: str, auth: tuple[str, str], status: int
) -> None:
    client.sandbox.organisation.key_as, client.auth = key_as, auth
    assert client("GET", "organizations/guid").status_code == status


def test_lists_go_on_by_token_alone_and_end_with_null(client: Client) -> None:
    ids = [client.sandbox.write(OWN, None, {"Title": f"Wells {n}"}) for n in range(45)]
    first = client("GET", "submissions").json()
    assert len(first["items"]) == 20 and first["items"][0]["submissionStatus"] == "new"
    second = client("GET", "submissions", continuationToken=first["continuationToken"]).json()
    third = client("GET", "submissions", continuationToken=second["continuationToken"], size=5)
    assert third.status_code == 400 and third.json()["messages"]
    rest = client("GET", "submissions", continuationToken=second["continuationToken"]).json()
    assert rest["continuationToken"] is None
    assert [item["submissionId"] for page in (first, second, rest) for item in page["items"]] == ids


@pytest.mark.parametrize("size", ["0", "501", "many"])
def test_a_size_out_of_bounds_is_refused_with_the_field_named(client: Client, size: str) -> None:
    refused = client("GET", "submissions", size=size)
    assert refused.status_code == 400 and refused.json()["fields"][0]["name"] == "size"


def test_filters_of_the_first_call(client: Client) -> None:
    own = client.sandbox.write(OWN, None, {"Title": "Wells"})
    other = client.sandbox.write(TAKEN_UP, None, {"Title": "Taken up"})
    client.sandbox.organisation.submissions[other].archived = True

    def listed(**filters: str) -> set[str]:
        return {item["submissionId"] for item in client("GET", "submissions", **filters).json()["items"]}

    project = client.sandbox.organisation.project(TAKEN_UP).id
    assert listed() == {own} and listed(ArchivedStatus="either") == {own, other}
    assert listed(ArchivedStatus="archived", **{"Projects.Include": project}) == {other}


def test_many_by_their_ids_and_one_that_is_not_there(client: Client) -> None:
    id = client.sandbox.write(OWN, None, {"Title": "Wells"})
    missing = "0c9c9a0e-0000-4000-8000-000000000001"
    found = client("POST", "submissions/ids", {"submissionIds": [id, missing]}).json()
    assert [row["submissionId"] for row in found] == [id]
    assert client("GET", f"submissions/{id}").json()["formEntries"][0].keys() == {"formType", "entry"}
    assert client("GET", f"submissions/{missing}").status_code == 404


def test_a_submission_shows_its_people_and_reviews_which_is_why_the_connector_drops_them(client: Client) -> None:
    id = client.sandbox.write(OWN, None, {"Title": "Wells"})
    assert CANARY in client("GET", "submissions").text and CANARY in client("GET", f"entries/submissions/{id}").text


def test_importing_a_submission_needs_a_project_a_person_and_what_its_form_requires(client: Client) -> None:
    project = client.sandbox.organisation.project(TAKEN_UP).id
    title = field(client, "Arrival", "Title") | {"value": "Wells"}
    for body in (
        {"projectId": project, "fieldData": [title]},
        {"projectId": "none", "submitterId": "s", "fieldData": [title]},
        {"projectId": project, "submitterId": "s", "fieldData": []},
    ):
        assert client("POST", "submissions", body).status_code == 400
    made = client(
        "POST", "submissions", {"projectId": project, "firstName": "A", "lastName": "B", "fieldData": [title]}
    )
    assert made.status_code == 201 and made.json()["submissionTitle"] == "Wells"
    assert client.sandbox.organisation.outbox == []


def test_an_address_a_subject_or_a_message_would_reach_the_applicant(client: Client) -> None:
    project = client.sandbox.organisation.project(TAKEN_UP).id
    title = field(client, "Arrival", "Title") | {"value": "Wells"}
    who = {"email": "someone@applicant.example", "firstName": "A", "lastName": "B"}
    id = client("POST", "submissions", {"projectId": project, **who, "fieldData": [title]}).json()["submissionId"]
    client("PUT", f"submissions/{id}/status", {"status": "declined", "message": "Sorry."})
    there = entry(client, id, "initial")
    body = {"formType": "initial", "fieldData": [title], "entryVersionId": there["entryVersionId"], "changeReason": "x"}
    assert client("PATCH", f"entries/{there['entryId']}", body | {"emailSubject": "Changed"}).status_code == 204
    assert len(client.sandbox.organisation.outbox) == 3


def test_an_applicants_answers_change_under_their_version_only(client: Client) -> None:
    id = client.sandbox.write(OWN, None, {"initial: Your plan": "to dig", "Title": "Wells"})
    there = entry(client, id, "initial")
    plan = field(client, "Application", "Your plan") | {"value": "to drill"}
    whole = {"formType": "initial", "fieldData": [plan], "entryVersionId": there["entryVersionId"], "changeReason": "x"}
    for lacking in ("entryVersionId", "changeReason"):
        refused = client("PATCH", f"entries/{there['entryId']}", {k: v for k, v in whole.items() if k != lacking})
        assert refused.status_code == 400 and refused.json()["fields"][0]["name"] == lacking
    done = client("PATCH", f"entries/{there['entryId']}", whole)
    assert done.status_code == 204 and not done.content
    assert client("PATCH", f"entries/{there['entryId']}", whole).status_code == 400
    assert client.sandbox.cells(id)["initial: Your plan"] == "to drill"


def test_the_internal_form_is_filled_in_once_and_then_replaced_without_a_version(client: Client) -> None:
    id = client.sandbox.write(OWN, None, {"initial: Project title": "Wells"})
    title, need = (field(client, "Commons", label) for label in ("Title", "Need"))
    body = {"submissionId": id, "fieldData": [title | {"value": "Wells"}, need | {"value": "Water"}]}
    made = client("POST", "entries/internal", body)
    assert made.status_code == 201 and made.json()["entryVersionId"]
    assert client("POST", "entries/internal", body).status_code == 400
    put = {"formType": "internal", "fieldData": [title | {"value": "Wells now"}]}
    assert client("PUT", f"entries/{made.json()['entryId']}", put).status_code == 200
    assert (client.sandbox.cells(id)["Title"], client.sandbox.cells(id)["Need"]) == ("Wells now", "")


def test_answers_that_do_not_fit_are_refused_by_the_id_of_their_field(client: Client) -> None:
    id = client.sandbox.write(OWN, None, {"initial: Project title": "Wells"})
    wrong = [
        field(client, "Commons", "Our amount") | {"value": "much"},
        field(client, "Commons", "Themes") | {"options": ["no such option"]},
    ]
    refused = client("POST", "entries/internal", {"submissionId": id, "fieldData": wrong})
    assert refused.status_code == 400
    assert {row["name"] for row in refused.json()["fields"]} == {cell["formFieldId"] for cell in wrong}


def test_a_form_lists_what_is_completed_and_its_metadata_everything(client: Client) -> None:
    done, opened = (client.sandbox.write(OWN, None, {"initial: Project title": text}) for text in ("done", "opened"))
    client.sandbox.open_for_editing(opened)
    form = client.sandbox.organisation.form("Application").id
    full = client("GET", f"entries/forms/{form}").json()["items"]
    assert [row["entry"]["submissionId"] for row in full] == [done] and full[0]["entry"]["fieldData"]
    named = client("GET", f"entries/metadata/forms/{form}").json()["items"]
    assert {row["entry"]["submissionId"] for row in named} == {done, opened}
    assert all("fieldData" not in row["entry"] for row in named)


def test_forms_and_projects_as_the_connector_reads_them(client: Client) -> None:
    organisation = client.sandbox.organisation
    form = client("GET", f"forms/{organisation.form('Commons').id}").json()
    choice = next(row for row in form["fields"] if row["label"] == "Show our commitment")
    assert choice["options"][0].keys() == {"formOptionId", "label"} and form["formType"] == "internal"
    project = client("GET", f"projects/{organisation.project(OWN).id}").json()
    assert project["internalFormId"] == form["formId"] and project["reviewStages"][0]["stageName"] == "Screening"
    assert len(client("GET", "projects").json()["items"]) == 2


def test_what_a_key_may_not_do_is_a_403_without_a_body(client: Client) -> None:
    client.sandbox.organisation.permissions.clear()
    refused = client("GET", "submissions")
    assert refused.status_code == 403 and refused.content == b""


def test_above_the_limit_it_answers_429(client: Client) -> None:
    client.sandbox.limit.calls = 3
    assert [client("GET", "organizations/guid").status_code for _ in range(4)] == [200, 200, 200, 429]


def test_its_page_shows_a_submission_and_lets_staff_change_it(client: Client) -> None:
    id = client.sandbox.write(OWN, None, {"Title": "Wells"})
    page = f"{client.sandbox.url}/_sandbox/t/Water%20grants"
    assert "Wells" in requests.get(page, timeout=5).text
    columns = {name: value for name, value in client.sandbox.cells(id).items() if value}
    requests.post(f"{page}/{id}", data=columns | {"Title": "Wells now", "Our amount": "much"}, timeout=5)
    assert client.sandbox.cells(id)["Title"] == "Wells"
    requests.post(f"{page}/{id}", data=columns | {"Title": "Wells now"}, timeout=5)
    assert client.sandbox.cells(id)["Title"] == "Wells now"

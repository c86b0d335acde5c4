"""The Submittable connector against its stand-in over real sockets."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from connectors.clock import ManualTime
from connectors.contract import (
    Ambiguous,
    CursorExpired,
    Draft,
    Edit,
    Forbidden,
    Invalid,
    Page,
    RateLimited,
    Record,
    Secret,
    Settings,
    SignInFailed,
    Stale,
    Unseen,
    Wanted,
)
from connectors.sandbox import Fault, Seen
from connectors.submittable import sandbox_show
from connectors.submittable.connector import Submittable, open_submissions
from connectors.submittable.sandbox import SubmittableSandbox, serve
from connectors.submittable.state import MOST
from connectors.transport import Transport
from tests.submittable import KEY, OWN, TAKEN_UP, options, seed

COLUMNS = ("Title", "Commons ID", "Summary", "Amount requested", "Share with the commons", "Themes", "submissionStatus")
WANTED = Wanted("submissions", COLUMNS, "Commons ID")
WITH_ANSWERS = Wanted("submissions", (*COLUMNS, "initial: Your plan"), "Commons ID")


@pytest.fixture
def sandbox() -> Iterator[SubmittableSandbox]:
    with serve(seed(), time=ManualTime()) as server:
        yield server


def opened(sandbox: SubmittableSandbox, wanted: Wanted = WANTED, key: str = KEY, **more: Any) -> Submittable:
    settings = Settings("mine", {**options(sandbox, imports=True), "key": Secret(key), **more})
    transport = Transport(hosts=[sandbox.url.split("//")[1]], time=sandbox.time, jitter=lambda: 0.0, allow_http=True)
    return open_submissions(settings, wanted, transport)


def answers(sandbox: SubmittableSandbox, **more: Any) -> Submittable:
    """One that reads an applicant's plan too."""
    return opened(sandbox, WITH_ANSWERS, initial_form=sandbox.organisation.form("Application").id, **more)


def records(pages: Iterator[Page]) -> tuple[dict[str, Record], str]:
    found: dict[str, Record] = {}
    cursor = ""
    for page in pages:
        found |= {record.id: record for record in page.records}
        cursor = page.cursor or cursor
    return found, cursor


def one(connector: Submittable, id: str) -> Record:
    found = connector.get([id])[id]
    assert isinstance(found, Record)
    return found


def calls(sandbox: SubmittableSandbox, start: int) -> list[Seen]:
    return list(sandbox.seen)[start:]


# --- signing in


@pytest.mark.parametrize(("key_as", "pair"), [("username", f"{KEY}:"), ("password", f":{KEY}")])
def test_the_key_goes_where_the_organisation_takes_it(sandbox: SubmittableSandbox, key_as: str, pair: str) -> None:
    sandbox.organisation.key_as = key_as
    records(opened(sandbox, key_as=key_as).changes(None))
    packed = sandbox.seen[-1].headers["authorization"].removeprefix("Basic ")
    assert b64decode(packed).decode() == pair


def test_a_key_in_the_wrong_place_is_a_failed_sign_in(sandbox: SubmittableSandbox) -> None:
    with pytest.raises(SignInFailed, match="API key is wrong"):
        records(opened(sandbox, key_as="password").changes(None))


def test_messages_and_options_that_cannot_be_used_name_the_way_out_and_no_key(sandbox: SubmittableSandbox) -> None:
    for more, said in (
        ({"internal_form": ""}, "internal_form"),
        ({"key_as": "header"}, "key_as"),
        ({"reread_minutes": "soon"}, "reread_minutes"),
        ({"page": "https://x.example/"}, "{id}"),
    ):
        with pytest.raises(Invalid, match=said) as raised:
            opened(sandbox, **more)
        assert KEY not in str(raised.value)
    with pytest.raises(Invalid, match="'submissions'"):
        opened(sandbox, Wanted("rows", ("Title",)))


# --- reading


def test_after_the_first_page_only_the_token_is_sent(sandbox: SubmittableSandbox) -> None:
    ids = {sandbox.write(OWN, None, {"Title": f"Wells {n}"}) for n in range(5)}
    sandbox.lists.most = 2
    own = sandbox.organisation.project(OWN).id
    found, _ = records(opened(sandbox, projects=own, project="").changes(None))
    assert found.keys() == ids
    first, *later = [parse_qs(call.query) for call in sandbox.calls("GET", "/v4/submissions")]
    assert first == {"size": ["500"], "ArchivedStatus": ["either"], "Projects.Include": [own]}
    assert len(later) == 2 and all(query.keys() == {"continuationToken"} for query in later)


def test_numbers_choices_and_blanks_read_as_what_they_are(sandbox: SubmittableSandbox) -> None:
    cells = {"Amount requested": "1500.50", "Share with the commons": "Yes", "Themes": ["Education", "Health"]}
    id = sandbox.write(OWN, None, cells | {"Title": "Wells"})
    fields = one(opened(sandbox), id).fields
    assert str(fields["Amount requested"]) == "1500.50" and fields["Share with the commons"] == "Yes"
    assert fields["Themes"] == ["Education", "Health"] and fields["Summary"] is None
    assert fields["submissionStatus"] == "new"


def test_only_wanted_columns_leave_the_connector(sandbox: SubmittableSandbox) -> None:
    id = sandbox.write(OWN, None, {"Title": "Wells", "Board's opinion": "risky"})
    connector = opened(sandbox)
    found, cursor = records(connector.changes(None))
    sandbox.write(OWN, id, {"Title": "Wells now"})
    changed, later = records(connector.changes(cursor))
    for record in (found[id], changed[id], one(connector, id), *connector.find("nobody's")):
        assert record.fields.keys() == set(COLUMNS)
        assert "canary" not in repr(record) and "risky" not in repr(record)
    assert "Wells" not in cursor + later


def test_a_submission_that_is_not_shown_is_unseen_whatever_the_status_says(sandbox: SubmittableSandbox) -> None:
    id = sandbox.write(OWN, None, {"Title": "Wells"})
    sandbox.remove(id)
    for status in (400, 403, 404):
        sandbox.missing = status
        assert isinstance(opened(sandbox).get([id])[id], Unseen)
    assert isinstance(opened(sandbox).get(["not an id"])["not an id"], Unseen)


def test_other_projects_are_nobodys_business(sandbox: SubmittableSandbox) -> None:
    other = sandbox.write(TAKEN_UP, None, {"Title": "Other"})
    mine = sandbox.write(OWN, None, {"Title": "Mine"})
    connector = opened(sandbox, projects=[sandbox.organisation.project(OWN).id], project="")
    found, cursor = records(connector.changes(None))
    assert found.keys() == {mine} and isinstance(connector.get([other])[other], Unseen)
    sandbox.write(TAKEN_UP, other, {"Title": "Other now"})
    before = len(sandbox.seen)
    assert records(connector.changes(cursor))[0] == {}
    assert len(calls(sandbox, before)) == 2


def test_entries_that_do_not_say_their_project_are_asked_for_once(
    sandbox: SubmittableSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = sandbox_show.full

    def without_project(one: Any, entry: Any) -> dict[str, Any]:
        row = shown(one, entry)
        return row | {"entry": {name: value for name, value in row["entry"].items() if name != "projectId"}}

    monkeypatch.setattr(sandbox_show, "full", without_project)
    sandbox.write(TAKEN_UP, None, {"Title": "Other"})
    connector = opened(sandbox, projects=[sandbox.organisation.project(OWN).id], project="")
    _, cursor = records(connector.changes(None))
    _, cursor = records(connector.changes(cursor))
    before = len(sandbox.seen)
    assert records(connector.changes(cursor))[0] == {} and len(calls(sandbox, before)) == 2


def test_a_form_that_was_saved_as_it_was_has_another_version_and_is_shown_for_it(sandbox: SubmittableSandbox) -> None:
    id = sandbox.write(OWN, None, {"Title": "Wells"})
    connector = opened(sandbox)
    found, cursor = records(connector.changes(None))
    sandbox.write(OWN, id, {"Title": "Wells"})
    later, _ = records(connector.changes(cursor))
    assert later[id].fields == found[id].fields and later[id].version != found[id].version


def test_a_submission_without_answers_is_set_aside_and_stops_no_other(sandbox: SubmittableSandbox) -> None:
    odd, good = (sandbox.write(OWN, None, {"Title": title}) for title in ("odd", "good"))
    connector = opened(sandbox)
    _, cursor = records(connector.changes(None))
    for id in (odd, good):
        sandbox.write(OWN, id, {"Title": "changed"})
    sandbox.misbehave(Fault("status", path=f"/entries/submissions/{odd}", status=404, times=2))
    pages = list(connector.changes(cursor))
    assert [refused.id for page in pages for refused in page.refused] == [odd]
    assert [record.id for page in pages for record in page.records] == [good]
    again, _ = records(connector.changes([page.cursor for page in pages if page.cursor][-1]))
    assert again == {} or again.keys() == {odd}  # asked for again, and refused again or shown


# --- what a poll costs and sees


def test_a_poll_without_changes_is_ten_calls_however_the_lists_take_turns(sandbox: SubmittableSandbox) -> None:
    """As 5,000 submissions, 500 a page; ``test_calls.py`` has so many."""
    sandbox.lists.most = 30
    for n in range(300):
        sandbox.write(OWN, None, {"Title": f"Wells {n}", "Commons ID": f"key-{n}", "Share with the commons": "Yes"})
    found, cursor = records(opened(sandbox).changes(None))
    assert len(found) == 300
    for _ in range(4):
        before = len(sandbox.seen)
        seen, cursor = records(opened(sandbox).changes(cursor))
        assert not seen and len(calls(sandbox, before)) == 10 == MOST


def test_lists_that_are_too_long_together_take_turns_and_nothing_is_missed(sandbox: SubmittableSandbox) -> None:
    ids = [sandbox.write(OWN, None, {"Title": f"Wells {n}"}) for n in range(14)]
    sandbox.lists.most = 2
    connector = opened(sandbox)
    _, cursor = records(connector.changes(None))
    sandbox.write(OWN, ids[3], {"Title": "a change in the form"})
    sandbox.write(OWN, ids[4], {"submissionStatus": "accepted"})
    shown: dict[str, Record] = {}
    for _ in range(2):
        before = len([call for call in sandbox.seen if "continuationToken" in call.query or "size" in call.query])
        found, cursor = records(connector.changes(cursor))
        shown |= found
        lists = [call for call in sandbox.seen if "continuationToken" in call.query or "size" in call.query]
        assert len(lists) - before == 7
    assert shown.keys() == {ids[3], ids[4]}
    assert shown[ids[3]].fields["Title"] == "a change in the form"
    assert shown[ids[4]].fields["submissionStatus"] == "accepted"
    assert records(connector.changes(cursor))[0] == {}


def test_what_changes_only_in_columns_that_nobody_wants_of_a_submission_is_no_change(
    sandbox: SubmittableSandbox,
) -> None:
    id = sandbox.write(OWN, None, {"Title": "Wells"})
    connector = opened(sandbox, Wanted("submissions", ("Title", "Commons ID"), "Commons ID"))
    _, cursor = records(connector.changes(None))
    sandbox.write(OWN, id, {"submissionStatus": "declined"})
    assert records(connector.changes(cursor))[0] == {}


def test_many_changes_at_once_are_read_from_lists_not_one_by_one(sandbox: SubmittableSandbox) -> None:
    ids = [sandbox.write(OWN, None, {"Title": f"Wells {n}"}) for n in range(300)]
    connector = opened(sandbox)
    _, cursor = records(connector.changes(None))
    for id in ids:
        sandbox.write(OWN, id, {"submissionStatus": "declined"})
    before = len(sandbox.seen)
    found, _ = records(connector.changes(cursor))
    assert len(found) == 300 and all(r.fields["submissionStatus"] == "declined" for r in found.values())
    assert len(calls(sandbox, before)) < 10


def test_answers_that_are_open_again_are_never_read_as_cleared_and_reread_on_a_slow_schedule(
    sandbox: SubmittableSandbox,
) -> None:
    id = sandbox.write(OWN, None, {"initial: Your plan": "as handed in", "Title": "Wells"})
    connector = answers(sandbox, reread_minutes=60)
    _, cursor = records(connector.changes(None))
    sandbox.open_for_editing(id)
    found, cursor = records(connector.changes(cursor))
    assert found[id].fields["initial: Your plan"] == "as handed in"
    full, fresh = records(connector.changes(None))
    assert full[id].fields["initial: Your plan"] == "as handed in"
    sandbox.write(OWN, id, {"initial: Your plan": "as it is being changed"})
    for position in (cursor, fresh):
        assert records(connector.changes(position))[0] == {}
    sandbox.time.sleep(timedelta(minutes=61).total_seconds())
    for position in (cursor, fresh):
        found, later = records(connector.changes(position))
        assert found[id].fields["initial: Your plan"] == "as it is being changed"
        assert records(connector.changes(later))[0] == {}
    sandbox.hand_in(id)
    found, cursor = records(connector.changes(later))
    assert found.keys() <= {id}
    before = len(sandbox.seen)
    sandbox.time.sleep(timedelta(minutes=61).total_seconds())
    assert records(connector.changes(cursor))[0] == {} and len(calls(sandbox, before)) == 3


def test_an_entry_that_was_deleted_reads_as_blank_and_a_submission_that_was_deleted_as_nothing(
    sandbox: SubmittableSandbox,
) -> None:
    emptied, removed = (sandbox.write(OWN, None, {"Title": title}) for title in ("emptied", "removed"))
    connector = opened(sandbox)
    _, cursor = records(connector.changes(None))
    there = sandbox.organisation.submissions
    there[emptied].entries = [entry for entry in there[emptied].entries if entry.form.type != "internal"]
    sandbox.remove(removed)
    found, cursor = records(connector.changes(cursor))
    assert found.keys() == {emptied} and found[emptied].fields["Title"] is None
    assert records(connector.changes(cursor))[0] == {}


@pytest.mark.parametrize("other", ["columns", "key", "garbage"])
def test_a_position_of_other_columns_or_another_key_is_expired(sandbox: SubmittableSandbox, other: str) -> None:
    sandbox.write(OWN, None, {"Title": "Wells"})
    _, cursor = records(opened(sandbox).changes(None))
    later = opened(sandbox, Wanted("submissions", ("Title",), "Commons ID")) if other == "columns" else opened(sandbox)
    if other == "key":
        sandbox.organisation.key = "the next key"
        later = opened(sandbox, key="the next key")
    with pytest.raises(CursorExpired):
        records(later.changes("garbage" if other == "garbage" else cursor))


# --- writing


def test_a_put_of_the_form_takes_nothing_of_it_away(sandbox: SubmittableSandbox) -> None:
    id = sandbox.write(OWN, None, {"Title": "Wells", "Board's opinion": "risky", "Themes": ["Health"]})
    connector = opened(sandbox)
    (outcome,) = connector.update([Edit(id, {"Title": "Wells now", "Summary": None}, one(connector, id))])
    assert outcome.error is None
    cells = sandbox.cells(id)
    assert (cells["Title"], cells["Board's opinion"], cells["Themes"]) == ("Wells now", "risky", "Health")


def test_a_form_with_answers_that_cannot_be_sent_back_is_not_written(sandbox: SubmittableSandbox) -> None:
    id = sandbox.write(OWN, None, {"Title": "Wells"})
    form = sandbox.organisation.form("Commons")
    entry = sandbox.organisation.submissions[id].entry("internal")
    assert entry is not None
    entry.cells["f"] = {"formFieldId": form.fields[0].id[::-1], "fieldType": "file_upload", "files": [{"fileId": "x"}]}
    connector = opened(sandbox)
    (outcome,) = connector.update([Edit(id, {"Title": "now"}, one(connector, id))])
    assert isinstance(outcome.error, Invalid) and "file_upload" in str(outcome.error)
    assert sandbox.cells(id)["Title"] == "Wells"


def test_a_form_that_was_not_filled_in_yet_is_filled_in(sandbox: SubmittableSandbox) -> None:
    id = sandbox.write(OWN, None, {"initial: Project title": "Wells"})
    connector = opened(sandbox)
    record = one(connector, id)
    (outcome,) = connector.update([Edit(id, {"Commons ID": "k", "Title": "Wells"}, record)])
    assert outcome.error is None and sandbox.cells(id)["Commons ID"] == "k"
    (outcome,) = connector.update([Edit(id, {"Title": "again"}, record)])
    assert isinstance(outcome.error, Stale)  # the record that was expected had no form


def test_an_applicants_answers_are_only_written_where_a_member_says_so_and_under_their_version(
    sandbox: SubmittableSandbox,
) -> None:
    id = sandbox.write(OWN, None, {"initial: Your plan": "to dig"})
    (refused,) = answers(sandbox).update([Edit(id, {"initial: Your plan": "to drill"}, one(answers(sandbox), id))])
    assert isinstance(refused.error, Invalid) and "edit_answers" in str(refused.error)
    connector = answers(sandbox, edit_answers=True)
    record = one(connector, id)
    (done,) = connector.update([Edit(id, {"initial: Your plan": "to drill"}, record)])
    assert done.error is None and sandbox.cells(id)["initial: Your plan"] == "to drill"
    body = sandbox.calls("PATCH")[-1].json()
    assert body.keys() == {"formType", "fieldData", "entryVersionId", "changeReason"}
    (late,) = connector.update([Edit(id, {"initial: Your plan": "to dance"}, record)])
    assert isinstance(late.error, Stale) and sandbox.organisation.outbox == []


@pytest.mark.parametrize("status", [400, 409, 412])
def test_an_applicant_who_saves_at_the_same_moment_is_not_written_over(
    sandbox: SubmittableSandbox, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = sandbox.write(OWN, None, {"initial: Your plan": "to dig"})
    connector = answers(sandbox, edit_answers=True)
    record, sandbox.stale, patched = one(connector, id), status, sandbox.organisation.entry

    def saved_just_before(entry: str) -> Any:
        sandbox.write(OWN, id, {"initial: Your plan": "to sing"})
        return patched(entry)

    monkeypatch.setattr(sandbox.organisation, "entry", saved_just_before)
    (outcome,) = connector.update([Edit(id, {"initial: Your plan": "to drill"}, record)])
    assert isinstance(outcome.error, Stale) and sandbox.cells(id)["initial: Your plan"] == "to sing"


def test_a_change_of_answers_that_is_refused_for_what_it_says_is_no_stale_one(sandbox: SubmittableSandbox) -> None:
    id = sandbox.write(OWN, None, {"initial: Your plan": "to dig"})
    connector = answers(sandbox, edit_answers=True)
    body = '{"messages": ["No."], "fields": [{"name": "plan", "errors": ["Too long."]}]}'
    sandbox.misbehave(Fault("status", method="PATCH", status=400, body=body))
    (outcome,) = connector.update([Edit(id, {"initial: Your plan": "to drill"}, one(connector, id))])
    assert isinstance(outcome.error, Invalid) and "No.; plan: Too long." in str(outcome.error)


def test_what_cannot_be_held_is_refused_before_anything_is_sent(sandbox: SubmittableSandbox) -> None:
    connector = opened(sandbox)
    connector.describe()
    assert connector.refuses("Amount requested", "much") and connector.refuses("Themes", ["Alchemy"])
    assert not connector.refuses("Amount requested", 5) and not connector.refuses("Title", "anything")
    fields = {"Commons ID": "k", "Title": "Wells", "Themes": ["Alchemy"]}
    (outcome,) = connector.create([Draft("k", fields)])
    assert isinstance(outcome.error, Invalid) and outcome.error.fields == ("Themes",)
    assert not sandbox.calls("POST", "/v4/submissions")


def test_without_project_and_submitter_it_only_shares(sandbox: SubmittableSandbox) -> None:
    for lacking in ({"project": ""}, {"submitter_first_name": ""}):
        (outcome,) = opened(sandbox, **lacking).create([Draft("k", {"Commons ID": "k", "Title": "Wells"})])
        assert isinstance(outcome.error, Invalid) and "only shares" in str(outcome.error)
    assert not sandbox.organisation.submissions and not sandbox.calls("POST")


@pytest.mark.parametrize("who", [{"submitter": "0c9c9a0e-0000-4000-8000-000000000001"}, {}])
def test_a_new_submission_belongs_to_whom_the_configuration_names(
    sandbox: SubmittableSandbox, who: dict[str, str]
) -> None:
    (outcome,) = opened(sandbox, **who).create([Draft("k", {"Commons ID": "k", "Title": "Wells"})])
    assert outcome.error is None
    sent = sandbox.calls("POST", "/v4/submissions")[0].json()
    named = {"submitterId"} if who else {"firstName", "lastName"}
    assert sent.keys() == {"projectId", "fieldData"} | named


def test_a_submission_whose_second_half_was_lost_is_finished_not_made_again(sandbox: SubmittableSandbox) -> None:
    connector = opened(sandbox)
    draft = Draft("k", {"Commons ID": "k", "Title": "Wells", "Summary": "Water"})
    sandbox.misbehave(Fault("status", path="/v4/entries/internal", status=429, headers={"Retry-After": "7"}))
    (outcome,) = connector.create([draft])
    assert isinstance(outcome.error, Ambiguous) and outcome.error.wait == 7
    assert connector.find("k") == []  # half a record would look like one that somebody cleared
    sandbox.time.sleep(10)
    (outcome,) = connector.create([draft])
    assert outcome.error is None and [record.id for record in connector.find("k")] == [outcome.id]
    assert len(sandbox.organisation.submissions) == 1


def test_a_finished_submission_with_the_same_key_is_not_written_over(sandbox: SubmittableSandbox) -> None:
    connector = opened(sandbox)
    (first,) = connector.create([Draft("k", {"Commons ID": "k", "Title": "Wells"})])
    (second,) = connector.create([Draft("k", {"Commons ID": "k", "Title": "Other wells"})])
    assert first.id and second.id and first.id != second.id
    assert sandbox.cells(first.id)["Title"] == "Wells"
    assert {record.id for record in connector.find("k")} == {first.id, second.id}


def test_after_a_refusal_that_all_would_meet_the_rest_is_not_sent(sandbox: SubmittableSandbox) -> None:
    sandbox.organisation.permissions.discard("write")
    drafts = [Draft(f"k{n}", {"Commons ID": f"k{n}", "Title": "Wells"}) for n in range(3)]
    outcomes = opened(sandbox).create(drafts)
    assert all(isinstance(outcome.error, Forbidden) for outcome in outcomes)
    assert len(sandbox.calls("POST")) == 1


def test_nothing_is_deleted_unless_a_member_says_so(sandbox: SubmittableSandbox) -> None:
    id = sandbox.write(OWN, None, {"Title": "Wells"})
    (refused,) = opened(sandbox).delete([id])
    assert isinstance(refused.error, Invalid) and id in sandbox.organisation.submissions
    connector = opened(sandbox, may_delete=True)
    for _ in range(2):  # gone already counts as done
        assert connector.delete([id])[0].error is None
    assert id not in sandbox.organisation.submissions


# --- limits


def test_it_keeps_to_ten_calls_a_second_and_waits_when_told(sandbox: SubmittableSandbox) -> None:
    sandbox.limit.calls = 10
    sandbox.lists.most = 2
    for n in range(60):
        sandbox.write(OWN, None, {"Title": f"Wells {n}"})
    records(opened(sandbox).changes(None))
    assert len(sandbox.seen) > 60 and all(call.status == 200 for call in sandbox.seen)
    sandbox.misbehave(Fault("status", method="POST", path="/v4/submissions", status=429, headers={"Retry-After": "30"}))
    (outcome,) = opened(sandbox).create([Draft("k", {"Commons ID": "k", "Title": "Wells"})])
    assert isinstance(outcome.error, RateLimited) and outcome.error.wait == 30

"""The connector to a Philanthropy Data Commons against its stand-in over real sockets."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from connectors.clock import ManualTime
from connectors.contract import (
    Ambiguous,
    Connector,
    Draft,
    Edit,
    Forbidden,
    Invalid,
    Record,
    Secret,
    Settings,
    SignInFailed,
    Stale,
    Unavailable,
    Unseen,
    Wanted,
)
from connectors.pdc import values
from connectors.pdc.connector import open_proposals
from connectors.pdc.sandbox import PdcSandbox, serve
from connectors.pdc.sandbox_fields import TYPES, valid
from connectors.pdc.sandbox_state import user
from connectors.sandbox import Fault
from connectors.transport import Transport

FIELDS = {
    "proposal_name": "string",
    "summary": "string",
    "ask": "currency",
    "starts": "date",
    "people": "number",
    "private": "string",
}
WANTED = Wanted(
    "proposals",
    ("externalId", "proposal_name", "summary", "ask.amount", "ask.currency", "starts", "people"),
    "externalId",
)
OURS = user("hub")
SECRET = "very-secret"


@pytest.fixture
def pdc() -> Iterator[PdcSandbox]:
    calls = [{"title": "Resilience", "forms": [list(FIELDS)]}, {"title": "Another", "forms": [["proposal_name"]]}]
    seed = {"clients": {"hub": SECRET}, "baseFields": FIELDS, "opportunities": calls, "sources": ["GMS"]}
    with serve(seed, time=ManualTime()) as server:
        yield server


def opened(pdc: PdcSandbox, wanted: Wanted = WANTED, **options: Any) -> Connector:
    there = {"url": pdc.url, "token_url": pdc.token_url, "client_id": "hub", "client_secret": Secret(SECRET)}
    settings = Settings("mine", there | {"opportunity": 1, "source": 1} | options)
    hosts = [pdc.url.split("//")[1]]
    return open_proposals(settings, wanted, Transport(hosts=hosts, time=pdc.time, jitter=lambda: 0.0, allow_http=True))


def read(connector: Connector, since: str | None = None) -> list[Record]:
    return [record for page in connector.changes(since) for record in page.records]


def one(connector: Connector, id: int | str) -> Record:
    found = connector.get([str(id)])[str(id)]
    assert isinstance(found, Record), found
    return found


def ours(pdc: PdcSandbox, **cells: Any) -> int:
    return pdc.write(1, None, {"externalId": "k-1", "proposal_name": "Wells"} | cells, by=OURS)


def versions(pdc: PdcSandbox, id: int) -> int:
    return len(next(each for each in pdc.commons.proposals if each["id"] == id)["versions"])


# --- reading


def test_the_newest_version_is_the_record_and_only_its_wanted_columns(pdc: PdcSandbox) -> None:
    id = ours(pdc, ask="25000.00 USD", people="40", starts="2027-01-31", private="not for the hub")
    pdc.write(1, id, {"summary": "Clean water"})
    pdc.write(2, None, {"proposal_name": "Another opportunity's"})
    (record,) = read(opened(pdc))
    assert record.id == str(id) and record.version == "2"
    assert record.fields == {
        "externalId": "k-1", "proposal_name": "Wells", "summary": "Clean water", "ask.amount": Decimal("25000.00"),
        "ask.currency": "USD", "starts": "2027-01-31", "people": 40,
    }  # fmt: skip


def test_what_does_not_fit_its_type_is_shown_as_it_stands(pdc: PdcSandbox) -> None:
    id = ours(pdc, ask="$25,000", people="about forty")
    fields = one(opened(pdc), id).fields
    assert (fields["ask.amount"], fields["ask.currency"], fields["people"]) == ("$25,000", None, "about forty")


def test_a_list_is_walked_to_its_total_a_hundred_a_page(pdc: PdcSandbox) -> None:
    ids = {str(ours(pdc, externalId=f"k-{n}")) for n in range(230)}
    assert {record.id for record in read(opened(pdc))} == ids
    assert [call.query.count("_count=100") for call in pdc.calls("GET", "/proposals")] == [1, 1, 1]


def test_a_row_that_slips_to_the_next_page_is_not_lost_and_not_doubled(pdc: PdcSandbox) -> None:
    for n in range(150):
        ours(pdc, externalId=f"k-{n}")
    calls = iter((lambda: None, lambda: ours(pdc, externalId="a newcomer"), lambda: None))
    for act in calls:
        pdc.before("GET", "/proposals", act)
    records = read(opened(pdc))
    assert len(records) == len({record.id for record in records}) == 151
    assert len(pdc.calls("GET", "/proposals")) == 5, "the first walk did not add up, so there was a second"


def test_a_list_that_never_adds_up_fails_the_run(pdc: PdcSandbox) -> None:
    ours(pdc)
    body = '{"entries": [], "total": 7}'
    pdc.misbehave(Fault("status", path="/proposals", status=200, body=body, times=99))
    with pytest.raises(Unavailable, match="7 entries and showed 0"):
        read(opened(pdc))


def test_what_did_not_change_is_not_shown_again(pdc: PdcSandbox) -> None:
    id, connector = ours(pdc), opened(pdc)
    *_, page = connector.changes(None)
    assert read(connector, page.cursor) == []
    pdc.write(1, id, {"summary": "new"})
    assert len(read(connector, page.cursor)) == 1


def test_what_cannot_be_seen_is_unseen_never_gone(pdc: PdcSandbox) -> None:
    id, connector = ours(pdc), opened(pdc)
    other = pdc.write(2, None, {"proposal_name": "Another opportunity's"})
    assert isinstance(connector.get([str(other)])[str(other)], Unseen)
    pdc.commons.clients["hub"].sees = set()
    found = connector.get([str(id), "999", "x"])
    assert all(isinstance(answer, Unseen) for answer in found.values())
    assert [page.complete for page in connector.changes(None)] == [False]


# --- writing


def test_a_new_proposal_has_one_version_that_says_everything(pdc: PdcSandbox) -> None:
    cells = {"externalId": "k-9", "proposal_name": "Bridge", "ask.amount": 25000, "ask.currency": "USD", "starts": None}
    (outcome,) = opened(pdc).create([Draft("k-9", cells)])
    assert outcome.id and pdc.values(int(outcome.id)) == {"proposal_name": "Bridge", "ask": "25000.00 USD"}
    assert outcome.record and outcome.record.fields["ask.amount"] == Decimal("25000.00")
    assert versions(pdc, int(outcome.id)) == 1


def test_an_edit_keeps_everything_that_it_does_not_say(pdc: PdcSandbox) -> None:
    id = ours(pdc, ask="25000.00 USD", private="theirs", summary="old")
    connector = opened(pdc)
    (outcome,) = connector.update([Edit(str(id), {"summary": "new", "proposal_name": None}, one(connector, id))])
    assert outcome.error is None
    assert pdc.values(id) == {"ask": "25000.00 USD", "private": "theirs", "summary": "new"}


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"ask.amount": Decimal("30000.5")}, "30000.50 USD"),
        ({"ask.currency": "EUR"}, "25000.00 EUR"),
        ({"ask.amount": 100, "ask.currency": "CHF"}, "100.00 CHF"),
        ({"ask.amount": None}, None),
        ({"ask.amount": None, "ask.currency": None}, None),
    ],
)
def test_an_amount_and_its_currency_are_one_text(pdc: PdcSandbox, cells: dict[str, Any], expected: str | None) -> None:
    id, connector = ours(pdc, ask="25000.00 USD"), opened(pdc)
    (outcome,) = connector.update([Edit(str(id), cells, one(connector, id))])
    assert outcome.error is None and pdc.values(id).get("ask") == expected


def test_the_same_external_id_twice_is_for_a_person(pdc: PdcSandbox) -> None:
    first, second = ours(pdc), ours(pdc)
    connector = opened(pdc)
    assert {record.id for record in connector.find("k-1")} == {str(first), str(second)}
    (outcome,) = connector.create([Draft("k-1", {"externalId": "k-1", "proposal_name": "A third"})])
    assert isinstance(outcome.error, Invalid) and f"{first}, {second}" in str(outcome.error)
    assert len(pdc.commons.proposals) == 2


def test_a_proposal_whose_first_version_never_came_is_invisible_and_finished_later(pdc: PdcSandbox) -> None:
    connector = opened(pdc)
    pdc.misbehave(Fault("drop_before", method="POST", path="/proposalVersions"))
    draft = Draft("k-9", {"externalId": "k-9", "proposal_name": "Bridge"})
    (outcome,) = connector.create([draft])
    assert outcome.error is not None and len(pdc.commons.proposals) == 1
    assert connector.find("k-9") == [] and read(connector) == []
    (outcome,) = connector.create([draft])
    assert outcome.error is None and len(pdc.commons.proposals) == 1 and pdc.values(1) == {"proposal_name": "Bridge"}


def test_many_new_proposals_cost_one_list_and_none_is_made_twice(pdc: PdcSandbox) -> None:
    connector = opened(pdc)
    drafts = [Draft(f"k-{n}", {"externalId": f"k-{n}", "proposal_name": f"Bridge {n}"}) for n in range(5)]
    outcomes = [connector.create([draft])[0] for draft in (*drafts, *drafts)]
    assert [outcome.id for outcome in outcomes] == ["1", "2", "3", "4", "5"] * 2
    assert len(pdc.calls("GET", "/proposals")) == 1 + len(pdc.calls("GET", "/proposals/"))
    pdc.misbehave(Fault("drop_after", method="POST", path="/proposals"))
    draft = Draft("k-9", {"externalId": "k-9", "proposal_name": "Last"})
    assert isinstance(connector.create([draft])[0].error, Ambiguous)
    assert connector.create([draft])[0].id == "6" and len(pdc.commons.proposals) == 6


def test_a_version_since_the_read_stops_the_edit(pdc: PdcSandbox) -> None:
    id, connector = ours(pdc), opened(pdc)
    edit = Edit(str(id), {"summary": "ours"}, one(connector, id))
    pdc.write(1, id, {"summary": "theirs"})
    (outcome,) = connector.update([edit])
    assert isinstance(outcome.error, Stale) and pdc.values(id)["summary"] == "theirs"


def test_a_version_that_slipped_in_between_look_and_write_is_not_undone(pdc: PdcSandbox) -> None:
    id, connector = ours(pdc, people="40", private="old"), opened(pdc)
    edit = Edit(str(id), {"summary": "ours"}, one(connector, id))
    pdc.before("POST", "/proposalVersions", lambda: pdc.write(1, id, {"private": "theirs", "people": ""}))
    (outcome,) = connector.update([edit])
    assert outcome.error is None and versions(pdc, id) == 4
    assert pdc.values(id) == {"proposal_name": "Wells", "summary": "ours", "private": "theirs"}


def test_a_value_that_never_fits_is_refused_before_it_is_sent(pdc: PdcSandbox) -> None:
    id, connector = ours(pdc), opened(pdc)
    assert connector.refuses("starts", "spring") and connector.refuses("people", "many")
    assert connector.refuses("starts", "2027-01-31") is None and connector.refuses("summary", "spring") is None
    (outcome,) = connector.update([Edit(str(id), {"starts": "spring", "summary": "x"}, one(connector, id))])
    assert (
        isinstance(outcome.error, Invalid)
        and outcome.error.fields == ("starts",)
        and "2027-01-31" in str(outcome.error)
    )
    assert versions(pdc, id) == 1


def test_a_value_that_the_service_calls_not_valid_is_taken_back_and_said(pdc: PdcSandbox) -> None:
    id, connector = ours(pdc, ask="5.00 USD"), opened(pdc)
    edit = Edit(str(id), {"ask.currency": "XTS", "summary": "x"}, one(connector, id))
    (outcome,) = connector.update([edit])
    assert isinstance(outcome.error, Invalid) and outcome.error.fields == ("ask",) and "not valid" in str(outcome.error)
    assert pdc.values(id) == {"proposal_name": "Wells", "ask": "5.00 USD"}
    cells = {"externalId": "k-2", "proposal_name": "Bridge", "ask.amount": 5, "ask.currency": "XTS"}
    (outcome,) = connector.create([Draft("k-2", cells)])
    assert isinstance(outcome.error, Invalid) and pdc.values(2) == {"proposal_name": "Bridge"}


def test_a_proposal_that_others_made_gets_no_version_unless_told(pdc: PdcSandbox) -> None:
    id = pdc.write(1, None, {"externalId": "GMS-1", "proposal_name": "Theirs"})
    connector = opened(pdc)
    edit = Edit(str(id), {"summary": "x"}, one(connector, id))
    (outcome,) = connector.update([edit])
    assert isinstance(outcome.error, Invalid) and "versions_of" in str(outcome.error) and versions(pdc, id) == 1
    (outcome,) = opened(pdc, versions_of="all").update([edit])
    assert outcome.error is None and pdc.values(id) == {"proposal_name": "Theirs", "summary": "x"}


def test_several_answers_and_their_dates_survive_a_version(pdc: PdcSandbox) -> None:
    id = ours(pdc)
    field = pdc.commons.forms[0]["fields"][1]["id"]
    answers = [
        {"applicationFormFieldId": field, "position": at, "value": f"answer {at}", "goodAsOf": "2026-01-01T00:00:00Z"}
        for at in (2, 1)
    ]
    pdc.commons.add_version({"proposalId": id, "sourceId": 1, "applicationFormId": 1, "fieldValues": answers}, OURS)
    connector = opened(pdc)
    record = one(connector, id)
    assert record.fields["summary"] == "answer 1"
    (outcome,) = connector.update([Edit(str(id), {"summary": "better", "people": 3}, record)])
    assert outcome.error is None
    newest = pdc.commons.proposals[0]["versions"][0]["fieldValues"]
    assert {(v["position"], v["value"], v["goodAsOf"]) for v in newest} == {
        (2, "answer 2", "2026-01-01T00:00:00Z"), (1, "better", None), (1, "3", None),
    }  # fmt: skip


def test_a_newer_form_takes_over_only_where_no_answer_is_lost(pdc: PdcSandbox) -> None:
    id = ours(pdc, private="theirs")
    pdc.commons.types["extra"] = "string"
    pdc.commons.add_form(1, ["proposal_name", "extra"])
    wanted = Wanted("proposals", ("externalId", "proposal_name", "extra"), "externalId")
    connector = opened(pdc, wanted)
    (outcome,) = connector.update([Edit(str(id), {"extra": "x"}, one(connector, id))])
    assert isinstance(outcome.error, Invalid) and "private" in str(outcome.error)
    (outcome,) = connector.update([Edit(str(id), {"proposal_name": "Deep wells"}, one(connector, id))])
    assert outcome.error is None and pdc.values(id) == {"proposal_name": "Deep wells", "private": "theirs"}
    pdc.commons.add_form(1, ["extra", "private", "proposal_name"])
    connector = opened(pdc, wanted)
    (outcome,) = connector.update([Edit(str(id), {"extra": "x"}, one(connector, id))])
    assert outcome.error is None and pdc.values(id) == {
        "proposal_name": "Deep wells",
        "private": "theirs",
        "extra": "x",
    }


def test_a_lost_answer_is_never_repeated(pdc: PdcSandbox) -> None:
    id, connector = ours(pdc), opened(pdc)
    edit = Edit(str(id), {"summary": "new"}, one(connector, id))
    pdc.misbehave(Fault("drop_after", method="POST", path="/proposalVersions"))
    (outcome,) = connector.update([edit])
    assert isinstance(outcome.error, Ambiguous) and versions(pdc, id) == 2


def test_without_a_source_nothing_is_written_and_nothing_is_ever_deleted(pdc: PdcSandbox) -> None:
    connector = opened(pdc, source=None)
    assert not connector.capabilities.writes
    assert isinstance(connector.create([Draft("k", {"proposal_name": "x"})])[0].error, Invalid)
    assert isinstance(connector.delete(["1"])[0].error, Invalid) and not pdc.calls("POST", "/proposals")


# --- values


@pytest.mark.parametrize("type", [type for type in TYPES if type != "file"])
@pytest.mark.parametrize(
    "text",
    ["x", "", " 5", "5", "5.0", "1e5", "25000.00 USD", "25000 USD", "25000.00", "$25,000", "25000.00 usd", "true", "True",
     "2027-01-31", "2027-02-31", "2027-1-31", "20270131", "2027-01-31T12:00:00Z", "2027-01-31T12:00:00", "a@b.example",
     "a b@c.example", "+14155550100", "+14155550100;ext=5", "4155550100", "https://a.example", "a.example"],
)  # fmt: skip
def test_what_is_sent_is_valid_there(type: str, text: str) -> None:
    assert not values.fits(text, type) or valid(text, type)


# --- sign-in and rights


def test_a_token_that_is_over_is_renewed_once_and_a_missing_right_is_not_taken_for_one(pdc: PdcSandbox) -> None:
    connector = opened(pdc)
    ours(pdc)
    read(connector)
    over = '{"name":"UnauthorizedError","message":"jwt expired","details":[{"code":"invalid_token"}]}'
    pdc.misbehave(Fault("status", path="/proposals", status=401, body=over))
    assert len(read(connector)) == 1 and len(pdc.calls("POST", "/token")) == 2
    right = '{"name":"UnauthorizedError","message":"Your account must be an administrator.","details":[]}'
    pdc.misbehave(Fault("status", path="/proposals", status=401, body=right))
    with pytest.raises(Forbidden, match="administrator"):
        read(connector)
    assert len(pdc.calls("POST", "/token")) == 2
    pdc.misbehave(Fault("status", path="/proposals", status=401, body=over, times=99))
    with pytest.raises(SignInFailed):
        read(connector)
    assert len(pdc.calls("POST", "/token")) == 3


def test_a_token_is_not_used_to_its_last_second(pdc: PdcSandbox) -> None:
    connector = opened(pdc)
    read(connector)
    pdc.time.sleep(290)
    read(connector)
    assert len(pdc.calls("POST", "/token")) == 2 and all(call.status == 200 for call in pdc.seen)


def test_the_check_says_what_to_ask_the_administrators_for(pdc: PdcSandbox) -> None:
    def failed(wanted: Wanted = WANTED, **options: Any) -> dict[str, str]:
        return {
            step.name: f"{step.detail} {step.fix}" for step in opened(pdc, wanted, **options).check() if not step.ok
        }

    assert failed() == {}
    assert "Closest: 'summary'" in failed(Wanted("proposals", ("externalId", "sumary"), "externalId"))["fields exist"]
    assert "reference" in failed(source=7)["write"]
    assert "another opportunity" in failed(form=2)["see the form"]
    pdc.commons.clients["hub"].sees = {2}
    assert "grant this client view" in failed()["see the opportunity"]
    assert "client's id and secret" in failed(client_secret=Secret("wrong"))["sign in"]


def test_a_source_that_may_not_be_named_is_a_missing_right(pdc: PdcSandbox) -> None:
    pdc.commons.clients["hub"].refers = set()
    (outcome,) = opened(pdc).create([Draft("k-9", {"externalId": "k-9", "proposal_name": "Bridge"})])
    assert isinstance(outcome.error, Forbidden) and "permission to reference" in str(outcome.error)


def test_a_key_can_stand_in_the_external_id_only(pdc: PdcSandbox) -> None:
    with pytest.raises(Invalid, match="externalId"):
        opened(pdc, Wanted("proposals", ("proposal_name",), "proposal_name"))
    with pytest.raises(Invalid, match="number"):
        opened(pdc, opportunity="Resilience")

"""Opportunities between a foundation's Dataverse and another one's Airtable, through a whole hub."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.demo.samples import Sample
from tests.dataverse import AWARD, CANARY, INTERNAL, OFFICER, REQUEST, TABLE, Two, project, two

THERE = "Night school for market traders"
HERE = "Wells for the upper valley"
SAMPLE = Sample(THERE, "Reading and bookkeeping after closing time.", "Lantern Street Learning", "Ghana", "Kumasi",
                ("Education",), 64000, "USD")  # fmt: skip


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Two]:
    own = project(HERE, msnfp_recipientid={"account": {"name": "Olive Branch Schools"}})
    hidden = project("Not for others", commons_share=False)
    with two(tmp_path, [own, hidden], [SAMPLE]) as made:
        made.settle()
        yield made


def test_what_is_ticked_in_dataverse_is_in_airtable(both: Two) -> None:
    fields = both.record(HERE)["fields"]
    assert fields["Summary"] == "What it does, in a sentence."
    assert fields["Organisation"] == "Olive Branch Schools"
    assert fields["Tax ID"] == "12-3456789"
    assert (fields["Amount requested"], fields["Currency"]) == (25000, "EUR")
    assert sorted(fields["Theme"]) == ["Education", "Health"] and fields["Start"] == "2026-09-01"
    assert fields["Shared by"] == "Juniper Foundation"
    assert fields["Commons ID"] == both.request(HERE)["commons_id"]
    assert [row["fields"]["Title"] for row in both.airtable.rows(TABLE)].count("Not for others") == 0


def test_what_is_ticked_in_airtable_is_in_dataverse_with_its_owner_and_first_stage(both: Two) -> None:
    copy = both.request(THERE)
    assert copy["commons_id"] == both.record(THERE)["fields"]["Commons ID"]
    assert (copy["commons_ask"], copy["commons_currency"]) == (64000, "USD")
    assert (copy["commons_themes"], copy["commons_sharedby"]) == ("Education", "Saffron Tide Fund")
    assert (copy["msnfp_stage"], copy["commons_status"], copy["commons_share"]) == (844060003, 777000001, False)
    owner = copy["ownerid"][1]
    assert (
        next(r for r in both.dataverse.rows("systemuser") if r["systemuserid"] == owner)["internalemailaddress"]
        == OFFICER
    )


def test_edits_on_both_sides_meet(both: Two) -> None:
    both.dataverse.write(REQUEST, both.request(HERE)["msnfp_requestid"], {"commons_summary": "Sixty pumps."})
    both.airtable.write(TABLE, both.record(HERE)["id"], {"Start": "2026-10-15"})
    both.dataverse.write(REQUEST, both.request(THERE)["msnfp_requestid"], {"commons_summary": "Also sums."})
    both.settle()
    assert both.record(HERE)["fields"]["Summary"] == "Sixty pumps."
    assert both.request(HERE)["commons_start"] == "2026-10-15"
    assert both.record(THERE)["fields"]["Summary"] == "Also sums."


def test_unticking_withdraws_elsewhere_and_deletes_nothing(both: Two) -> None:
    both.dataverse.write(REQUEST, both.request(HERE)["msnfp_requestid"], {"commons_share": False})
    both.airtable.write(TABLE, both.record(THERE)["id"], {"Share": None})
    both.settle()
    assert both.record(HERE)["fields"]["Commons status"] == "Withdrawn"
    copy = both.request(THERE)
    assert copy["commons_status"] == 777000005
    assert (copy["statecode"], copy["msnfp_stage"]) == (0, 844060003)  # a member's act re-stages nothing elsewhere


def test_another_round_writes_nothing_and_reads_once(both: Two) -> None:
    writes, before = both.writes(), len(both.dataverse.seen)
    both.sync()
    assert both.writes() == writes
    called = [(call.method, call.path) for call in list(both.dataverse.seen)[before:]]
    assert [path for _, path in called if not path.endswith("/token")] == ["/api/data/v9.2/$batch"]


def test_an_award_stays_at_home_until_its_member_shows_it(both: Two) -> None:
    id = both.request(THERE)["msnfp_requestid"]
    award = {"msnfp_name": "Grant", "msnfp_awardamount": 9000, "msnfp_requestid": (REQUEST, id),
             "msnfp_justification": CANARY, "transactioncurrencyid": {"transactioncurrency": {"isocurrencycode": "EUR"}}}  # fmt: skip
    both.dataverse.write(AWARD, None, award)
    both.dataverse.write(REQUEST, id, {"msnfp_stage": 844060008})
    both.settle()
    assert not both.record(THERE)["fields"].get("Commons funders")
    both.dataverse.write(REQUEST, id, {"commons_showourcommitment": True})
    both.settle()
    fields = both.record(THERE)["fields"]
    assert fields["Commons funders"] == 1
    assert "64,000" in fields["Commons gap"]  # an award in another currency is not converted


def test_an_award_alone_that_changes_is_noticed(both: Two) -> None:
    id = both.request(THERE)["msnfp_requestid"]
    both.dataverse.write(REQUEST, id, {"msnfp_stage": 844060008, "commons_showourcommitment": True})
    both.settle()
    award = {"msnfp_name": "Grant", "msnfp_awardamount": 9000, "msnfp_requestid": (REQUEST, id)}
    given = both.dataverse.write(AWARD, None, award)
    both.settle()
    assert "55,000" in both.record(THERE)["fields"]["Commons gap"]
    both.dataverse.write(AWARD, given, {"msnfp_awardamount": 14000})
    both.settle()
    assert "50,000" in both.record(THERE)["fields"]["Commons gap"]
    both.dataverse.remove(AWARD, given)
    both.settle()
    assert "64,000" in both.record(THERE)["fields"]["Commons gap"]


def test_what_no_mapping_names_is_neither_asked_for_nor_kept(both: Two) -> None:
    test_edits_on_both_sides_meet(both)
    test_an_award_stays_at_home_until_its_member_shows_it(both)
    both.hub.engine.dispose()
    kept = b"".join(file.read_bytes() for file in both.folder.glob("hub.db*"))
    sent = b"".join(call.query.encode() + call.body for call in both.seen())
    for canary in (CANARY, "7654321"):
        assert canary.encode() not in kept and canary.encode() not in sent
    for column in (*INTERNAL, "msnfp_justification"):
        assert column.encode() not in sent, f"{column} was asked for"
    assert b"Only for us." not in kept + sent

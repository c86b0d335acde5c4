"""Real open calls: California's grants portal, as a state that speaks CommonGrants would publish them, into the commons."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from hub.store.tables import Opportunity
from tests.integration.test_commongrants import Commons

PORTAL = Path(__file__).parents[3] / "shared" / "data" / "open" / "opencalls-california"
pytestmark = pytest.mark.skipif(not PORTAL.is_dir(), reason="California's published calls are not beside the checkout.")
STATUS = {"active": "open", "closed": "closed", "forecasted": "forecasted"}
WHO = {"Nonprofit": "non_profit_with_501c3", "Individual": "individual", "Tribal Government": "government_tribal"}


def published() -> list[dict[str, Any]]:
    told = json.loads(next(PORTAL.glob("*.json")).read_text(encoding="utf-8"))
    names = [field["id"] for field in told["fields"]]
    return [dict(zip(names, row, strict=True)) for row in told["records"]]


def as_call(row: dict[str, Any]) -> dict[str, Any]:
    """The portal's texts as they are; amounts and days where they are some."""
    call: dict[str, Any] = {"title": row["Title"], "description": row["Description"] or row["Purpose"] or ""}
    call |= {"status.value": STATUS[row["Status"]], "customFields.agency": {"name": row["AgencyDept"]}}
    call |= {"source": row["GrantURL"], "customFields.geography": row["Geography"]}
    for name, text in (("postDate", row["OpenDate"]), ("closeDate", row["ApplicationDeadline"])):
        dated = re.fullmatch(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)", text or "")
        words = {"name": name, "eventType": "other", "details": text}
        call[f"keyDates.{name}"] = f"{dated[1]}T{dated[2]}" if dated else words if text else None
    amount = re.fullmatch(r"\$([\d,]+)", row["EstAvailFunds"] or "")
    if amount:
        call["funding.totalAmountAvailable"] = {"amount": amount[1].replace(",", ""), "currency": "USD"}
    who = [word.strip() for word in (row["ApplicantType"] or "").split(";")]
    call["acceptedApplicantTypes"] = [
        {"value": WHO[word]} if word in WHO else {"value": "custom", "customValue": word} for word in who if word
    ]
    return {path: value for path, value in call.items() if value is not None}


@pytest.fixture
def commons(tmp_path: Path) -> Iterator[Commons]:
    with ExitStack() as held:
        yield Commons(tmp_path, held)


def test_californias_calls_come_in_word_for_word_and_each_is_accounted_for(commons: Commons) -> None:
    rows = published()
    ids = {commons.state.write(None, as_call(row)): row for row in rows}
    commons.state.lists.most = 9
    counts = commons.sync()["state"].counts
    offered = [row for row in rows if row["Status"] != "closed"]
    assert counts["created"] == len(offered) and counts["not_shared"] == len(rows) - len(offered)
    assert counts["read"] == len(rows) and not counts["quarantined"] and not counts["quarantined_fields"]
    stored = {row.facts["extensions.commongrants.id"]: row for row in commons.table(Opportunity)}
    for id, opportunity in stored.items():
        row, facts = ids[id], opportunity.facts
        assert opportunity.kind == "call" and facts["title"] == row["Title"]
        assert facts.get("summary", "") == (row["Description"] or row["Purpose"] or "")
        assert facts["organization.name"] == row["AgencyDept"]
        total = facts.get("funding.total", {"amount": ""})["amount"]
        assert total == (re.sub(r"[$,]", "", row["EstAvailFunds"] or "") if total else "")
        if row["ApplicationDeadline"] == "Ongoing":
            assert facts["closes"] == {"date": None, "text": "Ongoing"}
    assert sum("funding.total" in row.facts for row in stored.values()) > 20
    again = commons.sync()
    assert again["state"].counts["changed"] == again["oak"].counts["pushed"] == 0
    one = next(id for id in stored)
    commons.state.write(one, {"status.value": "closed"}, stamped=False)
    commons.sync(hours=25)
    assert {row.id: row.status for row in commons.table(Opportunity)}[stored[one].id] == "closed"

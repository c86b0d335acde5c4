"""The samples in the shape of each stand-in system."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hub.demo.samples import ALDER, CORRIE, CORRIE_SHEET, SAFFRON, Sample
from schemas.codes import CODES

REQUEST = "outfunds__Funding_Request__c"
OFFICER = "ruth.ferris@alder.example"
SECRET = "not-a-real-secret"  # noqa: S105  a stand-in's


def salesforce() -> dict[str, Any]:
    """Alder Foundation's org: its own requests, ticked for sharing or not, and accounts of their applicants."""
    names = sorted({s.organisation for s in ALDER})
    known = [{"Name": s.organisation} for s in SAFFRON[6:8]]
    return {
        "client_id": "commons-hub",
        "client_secret": SECRET,
        "users": [{"Email": OFFICER, "Name": "Ruth Ferris"}],
        "accounts": [{"Name": n, "EIN__c": f"{910000000 + i}"} for i, n in enumerate(names)] + known,
        "records": {REQUEST: [_request(s, i) for i, s in enumerate(ALDER)]},
    }


def _request(sample: Sample, number: int) -> dict[str, Any]:
    stages = ("Submitted", "In Review", "Awarded", "In progress")
    return {
        "Name": sample.title,
        "Commons_Share__c": sample.shared,
        "Commons_Summary__c": sample.summary,
        "Commons_Ask__c": sample.amount,
        "Commons_Themes__c": ";".join(sample.themes),
        "Commons_Places__c": ", ".join(p for p in (sample.place, sample.country) if p),
        "CurrencyIsoCode": sample.currency,
        "outfunds__Applying_Organization__c": {"Name": sample.organisation},
        "outfunds__Status__c": stages[number % 4],
        "outfunds__Awarded_Amount__c": sample.amount // 5 if number % 4 == 2 else None,
        "Commons_Show_Our_Commitment__c": number == 2,
        "OwnerId": {"Email": OFFICER},
    }


INBOX = "Commons inbox"
LONG = ("Summary", "Need", "Planned activities", "Intended impact")


def airtable(base: str, samples: Sequence[Sample]) -> dict[str, Any]:
    """A base made from the template in the connector's README, with these samples in it."""
    several: dict[str, list[str]] = {
        "Theme": list(CODES["theme"].values()),
        "Population": list(CODES["population"].values()),
    }
    one = {"Stage": list(CODES["stage"].values()), "Commons status": list(CODES["status"].values())}
    fields: list[dict[str, Any]] = [{"name": "Title", "type": "singleLineText"}]
    fields += [{"name": name, "type": "multilineText"} for name in LONG]
    fields += [
        {"name": name, "type": "singleLineText"}
        for name in (
            "Organisation", "Tax ID", "Organisation country", "Geography", "Currency", "Public contact", "Commons ID",
            "Commons gap", "Shared by", "Internal notes",
        )
    ]  # fmt: skip
    fields += [{"name": name, "type": "url"} for name in ("Website", "Commons link")]
    fields += [
        {"name": n, "type": "number", "options": {"precision": 3}}
        for n in ("Amount requested", "Total cost", "Amount awarded")
    ]
    fields += [{"name": "Commons funders", "type": "number", "options": {"precision": 0}}]
    fields += [{"name": name, "type": "date"} for name in ("Start", "End")]
    fields += [{"name": name, "type": "checkbox"} for name in ("Share", "Show our commitment", "Suggest our changes")]
    fields += [{"name": "Our word", "type": "singleLineText"}]
    fields += [{"name": n, "type": "multipleSelects", "options": _choices(v)} for n, v in several.items()]
    fields += [{"name": n, "type": "singleSelect", "options": _choices(v)} for n, v in one.items()]
    records = [{"fields": _row(sample)} for sample in samples]
    tables = {"Opportunities": {"fields": fields, "records": records}, INBOX: {"fields": _inbox(), "records": []}}
    return {"base": base, "token": SECRET, "tables": tables}


def _inbox() -> list[dict[str, Any]]:
    """The columns of ``mappings/airtable-inbox.toml``."""
    text = (
        "Title",
        "Organisation",
        "Currency",
        "Still open",
        "Shared by",
        "Why it is here",
        "What became of it",
        "Commons ID",
    )
    return [
        *({"name": name, "type": "singleLineText"} for name in text),
        {"name": "Amount requested", "type": "number", "options": {"precision": 3}},
        {"name": "Commons link", "type": "url"},
        {"name": "Commons status", "type": "singleSelect", "options": _choices(list(CODES["status"].values()))},
        *({"name": name, "type": "checkbox"} for name in ("Take up", "Not for us")),
    ]


def _choices(names: list[str]) -> dict[str, Any]:
    return {"choices": [{"name": name} for name in names]}


def _row(sample: Sample) -> dict[str, Any]:
    cells = {
        "Title": sample.title,
        "Summary": sample.summary,
        "Organisation": sample.organisation,
        "Organisation country": sample.country if sample.country != "Palestine" else "Palestinian Territories",
        "Geography": ", ".join(p for p in (sample.place, sample.country) if p),
        "Theme": list(sample.themes),
        "Amount requested": sample.amount,
        "Currency": sample.currency,
        "Internal notes": "Only for us.",
    }
    return cells | ({"Share": True} if sample.shared else {})


def sheet(path: Path) -> None:
    """Corrie Lane's own spreadsheet, as someone there keeps it."""
    head = ["No.", "Title", "Summary", "Organisation", "Organisation country", "Places", "Themes", "Amount requested", "Currency", "Share", "Our notes", "Commons ID", "Commons status", "Commons gap"]  # fmt: skip
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        rows = csv.writer(file)
        rows.writerow(head)
        for number, s in enumerate(CORRIE_SHEET, 1):
            place = ", ".join(p for p in (s.place, s.country) if p)
            themes, tick = "; ".join(s.themes), "Yes" if s.shared else ""
            rows.writerow([f"{number:03}", s.title, s.summary, s.organisation, s.country, place, themes, s.amount, s.currency, tick, "for us"])  # fmt: skip


__all__ = ["CORRIE", "INBOX", "OFFICER", "REQUEST", "SECRET", "airtable", "salesforce", "sheet"]

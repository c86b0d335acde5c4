"""Commitments as grants of the 360Giving Data Standard 1.x (JSON package), through a mapping file with the standard's column titles.

The standard knows grants, not projects that look for funders: what is exported is each commitment that is committed or paid,
with the facts of its project. Another member's only where it shows itself by name. What the standard requires and the
commons does not know is a reason to leave it out, told by number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from hub.commons.ledger import UNNAMED
from hub.exports.reader import BLANK, Losses, Reader
from hub.store.tables import Commitment, Opportunity
from mappings import language

MAPPING = "spreadsheet-360giving"
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
PERIOD = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")
PLACES: Mapping[str, tuple[str, ...]] = {
    "Identifier": ("id",),
    "Title": ("title",),
    "Description": ("description",),
    "Currency": ("currency",),
    "Amount Applied For": ("amountAppliedFor",),
    "Amount Awarded": ("amountAwarded",),
    "Award Date": ("awardDate",),
    "Data Source": ("dataSource",),
    "From an open call?": ("fromOpenCall",),
    "Planned Dates:Start Date": ("plannedDates", "startDate"),
    "Planned Dates:End Date": ("plannedDates", "endDate"),
    "Recipient Org:Identifier": ("recipientOrganization", "id"),
    "Recipient Org:Name": ("recipientOrganization", "name"),
    "Recipient Org:Charity Number": ("recipientOrganization", "charityNumber"),
    "Recipient Org:Web Address": ("recipientOrganization", "url"),
    "Funding Org:Identifier": ("fundingOrganization", "id"),
    "Funding Org:Name": ("fundingOrganization", "name"),
    "Grant Programme:Code": ("grantProgramme", "code"),
    "Grant Programme:Title": ("grantProgramme", "title"),
    "Beneficiary Location:Name": ("beneficiaryLocation", "name"),
    "Beneficiary Location:Country Code": ("beneficiaryLocation", "countryCode"),
}
"""Where the JSON form has what a spreadsheet has under this title (360Giving Data Standard, "Reference")."""
AMOUNTS = ("Amount Applied For", "Amount Awarded")
IDENTIFIERS = "organization.identifiers."
_OF_THE_AWARD = ("extensions.360giving.id", "extensions.360giving.funder_id", "extensions.360giving.funder_name")
"""True of the award that was read, not of others' commitments to the same project."""


class NoGrant(Exception):
    """Why this commitment is no grant of the standard."""


def grants(
    mapping: language.Mapping, reader: Reader, row: Opportunity, positions: Mapping[str, Commitment],
    view: Mapping[str, Any], names: Mapping[str, str], told: Losses,
) -> Iterator[dict[str, Any]]:  # fmt: skip
    """``names``: members by the names under which this reader may know them here. ``told`` is brought up to date with what is left out of these."""
    found = 0
    for member, position in sorted(positions.items()):
        facts = position.facts or {}
        own = member == reader.private
        if not own and (facts.get("commitment.visibility") != "named" or names.get(member, UNNAMED) == UNNAMED):
            continue
        if facts.get("commitment.stage") not in ("committed", "paid"):
            if own or facts.get("commitment.stage") not in (None, "declined"):
                told.refused["The commitment is neither committed nor paid, so it is no grant yet."] += 1
                found += 1
            continue
        found += 1
        try:
            grant, kept = _grant(mapping, reader, row, member, {**view, **facts}, names)
        except NoGrant as why:
            told.refused[str(why)] += 1
            continue
        told.rows += 1
        told.lose({path: value for path, value in view.items() if not path.startswith("commitment.")}, kept)
        yield grant
    if not found:
        told.refused["Nobody has committed to it, so it is no grant yet."] += 1


def _grant(
    mapping: language.Mapping, reader: Reader, row: Opportunity, member: str, values: dict[str, Any],
    names: Mapping[str, str],
) -> tuple[dict[str, Any], set[str]]:  # fmt: skip
    if member != row.steward_id:
        values = {path: value for path, value in values.items() if path not in _OF_THE_AWARD}
    amount, day = values.get("commitment.amount"), (values.get("commitment.date") or {}).get("date") or ""
    if not amount:
        raise NoGrant("The commitment has no amount (Amount Awarded is required).")
    if not DAY.fullmatch(day):
        raise NoGrant("The commitment has no exact date (Award Date is required).")
    if values.get("organization.name") in BLANK:
        raise NoGrant("The organisation has no name (Recipient Org:Name is required).")
    columns, kept = _columns(mapping, values, amount["currency"])
    columns["Currency"], columns["Award Date"] = amount["currency"], day
    columns["Amount Awarded"] = amount["amount"]
    columns.setdefault("Identifier", f"{reader.prefix}-{row.id}-{member}")
    columns.setdefault("Description", values["title"])
    columns.setdefault("Recipient Org:Identifier", _recipient(reader, row, values))
    columns.setdefault("Funding Org:Identifier", f"{reader.prefix}-{member}")
    columns.setdefault("Funding Org:Name", names.get(member, member))
    return _nested(columns), kept


def _columns(mapping: language.Mapping, values: Mapping[str, Any], currency: str) -> tuple[dict[str, Any], set[str]]:
    """What the mapping's columns say of these values, whichever way it declares them, and the paths that are said whole."""
    raw: dict[str, Any] = {}
    kept = {"id", "kind", "status", "version", "created_at", "updated_at"}
    for part in mapping.fields:
        value = values.get(part.path)
        if value in BLANK or not part.columns or not set(part.columns) <= PLACES.keys():
            continue
        if isinstance(value, dict) and value.get("currency", currency) != currency:
            continue  # one column holds the currency of all amounts of a grant
        try:
            put = part.lens.put(value, raw | {"Currency": currency})
        except ValueError:
            continue
        if any(_unfit(column, content) for column, content in put.items()):
            continue
        raw |= {column: content for column, content in put.items() if content not in BLANK}
        kept.add(part.path)
    return raw, kept


def _unfit(column: str, content: Any) -> bool:
    return column.startswith("Planned Dates:") and not PERIOD.fullmatch(str(content))


def _recipient(reader: Reader, row: Opportunity, values: Mapping[str, Any]) -> str:
    """As org-id.guide writes it, list code before number; where there is no number one of the publisher's own."""
    numbers = [
        p.removeprefix(IDENTIFIERS) + "-" + str(v) for p, v in sorted(values.items()) if p.startswith(IDENTIFIERS) and v
    ]
    return numbers[0] if numbers else f"{reader.prefix}-recipient-{row.id}"


def _nested(columns: Mapping[str, Any]) -> dict[str, Any]:
    grant: dict[str, Any] = {}
    for title, place in PLACES.items():
        if columns.get(title) in BLANK:
            continue
        content = _number(columns[title]) if title in AMOUNTS else columns[title]
        if len(place) == 1:
            grant[place[0]] = content
        else:
            grant.setdefault(place[0], [{}])[0][place[1]] = content
    return grant


def _number(text: Any) -> int | float:
    exact = Decimal(str(text))
    number = int(exact) if exact == exact.to_integral_value() else float(exact)
    if Decimal(str(number)) != exact:
        raise NoGrant("The amount has more digits than a JSON number keeps.")
    return number

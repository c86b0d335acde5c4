"""Rows whose id the hub cannot keep are set aside as they come in; only a spreadsheet's people can write such an id."""

from __future__ import annotations

from dataclasses import replace

from connectors.contract import Page, Refused
from schemas.keepable import spelt, unkeepable
from schemas.said import phrase, together

LONGEST = 255
"""Characters of an id. PostgreSQL's indexes end at 2,704 bytes."""
SHOWN = 60


def usable(page: Page) -> Page:
    """The page with every such record among its refused rows, and no refused row under such an id."""
    odd = [record for record in page.records if _wrong(record.id)]
    if not odd and not any(map(_bad, page.refused)):
        return page
    refused = [replace(row, id=None, place=_shown(row.id or row.place)) if _bad(row) else row for row in page.refused]
    refused += [Refused(None, _shown(record.id), _wrong(record.id), record.fields) for record in odd]
    kept = tuple(record for record in page.records if not _wrong(record.id))
    return replace(page, records=kept, refused=tuple(refused))


def _bad(row: Refused) -> bool:
    return bool(_wrong(row.id or "") or _wrong(row.place))


def _wrong(id: str) -> str:
    if len(id) > LONGEST:
        return phrase(
            "Its id has %(number)s characters; the hub keeps %(longest)s. Give the record a shorter one.",
            number=len(id),
            longest=LONGEST,
        )
    why = unkeepable(id)
    return together([phrase("Its id cannot be kept."), why]) if why else ""


def _shown(id: str) -> str:
    text = spelt(id)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"

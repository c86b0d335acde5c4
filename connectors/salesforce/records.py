"""From Salesforce's JSON to raw records, and from raw columns to the body of a write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from email.utils import format_datetime
from typing import Any

from connectors.contract import Raw, Record, Reference, Unavailable
from connectors.salesforce.feed import stamped
from connectors.salesforce.ids import long_id
from connectors.salesforce.soql import relation
from schemas.said import phrase


def record(row: Mapping[str, Any], wanted: Sequence[str], references: Mapping[str, Reference], instance: str) -> Record:
    """One row of a query's answer. Its version is its ``SystemModstamp``, as the wire has it."""
    id = row_id(row)
    fields: Raw = {column: plain(row[column]) for column in wanted if column in row and column not in references}
    for column, target in references.items():
        if column in row:
            fields[column] = _pointed(row[column], row.get(relation(column)), target)
    return Record(id, fields, str(row["SystemModstamp"]), f"{instance}/{id}")


def row_id(row: Mapping[str, Any]) -> str:
    """The row's id in its long form; refuses an answer that is no list of records."""
    full = long_id(str(row.get("Id")))
    try:
        if full is None:
            raise ValueError("no id")
        stamped(str(row.get("SystemModstamp")))
    except ValueError:
        raise Unavailable(phrase("Salesforce answered a record without a usable Id or SystemModstamp.")) from None
    return full


def _pointed(id: Any, row: Any, target: Reference) -> Raw | None:
    """A lookup: the target's id, and its columns where the integration user may see the target."""
    if not id:
        return None
    seen = row if isinstance(row, dict) else {}
    return {"id": id, **{column: plain(seen[column]) for column in target.columns if column in seen}}


def plain(value: Any) -> Any:
    """``1.25E7`` is how the wire writes 12500000; everything else stays as it is."""
    if isinstance(value, Decimal) and value.is_finite() and int(value.as_tuple().exponent) > 0:
        return int(value)
    return value


def body(fields: Raw) -> Raw:
    """Columns as a write carries them: a reference by the id of what it points at."""
    return {column: value.get("id") if isinstance(value, dict) else value for column, value in fields.items()}


def http_date(version: str) -> str:
    """A version as ``If-Unmodified-Since`` wants it: whole seconds, GMT (RFC 9110, section 5.6.7)."""
    moment: datetime = stamped(version)
    return format_datetime(moment.replace(microsecond=0), usegmt=True)

"""Proposals as records: what the newest version of each says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.contract import Raw, Record, Unavailable
from connectors.pdc import values
from connectors.pdc.form import EXTERNAL_ID, Types, code_of, split
from connectors.pdc.values import AMOUNT
from schemas.said import phrase


@dataclass(frozen=True, slots=True)
class Value:
    """One answer of a version. ``code`` and ``type`` are of the base field that its form field stands for."""

    field: int
    code: str
    type: str
    position: int
    text: str
    good_as_of: str | None
    valid: bool


@dataclass(frozen=True, slots=True)
class Version:
    number: int
    form: int
    values: tuple[Value, ...]

    def first(self, code: str) -> Value | None:
        """A field may be answered several times; the hub reads the first answer."""
        found = [value for value in self.values if value.code == code]
        return min(found, key=lambda value: value.position, default=None)


@dataclass(frozen=True, slots=True)
class Proposal:
    """``versions`` by number; none while a proposal is half made."""

    id: int
    opportunity: int
    external_id: str
    made_by: str
    versions: Mapping[int, Version]

    @property
    def newest(self) -> Version | None:
        return self.versions[max(self.versions)] if self.versions else None


def proposal(body: Any, types: Types) -> Proposal:
    """``Unavailable`` where the answer is no proposal."""
    try:
        versions = {each["version"]: _version(each, types) for each in body["versions"]}
        found = Proposal(
            body["id"], body["opportunityId"], body["externalId"], str(body.get("createdBy") or ""), versions
        )
    except (KeyError, TypeError, AttributeError):
        raise Unavailable(phrase("The service's answer holds something that is no proposal.")) from None
    if (
        not isinstance(found.id, int)
        or not isinstance(found.external_id, str)
        or not all(isinstance(n, int) for n in versions)
    ):
        raise Unavailable(phrase("The service's answer holds something that is no proposal."))
    return found


def fields(version: Version, wanted: Sequence[str]) -> Raw:
    """The wanted columns of a version, blank where it does not answer them. Nothing else goes on from here."""
    return dict(_cells(version, wanted))


def record(found: Proposal, wanted: Sequence[str]) -> Record | None:
    """``None`` while nothing is answered yet."""
    newest = found.newest
    if newest is None:
        return None
    own = {EXTERNAL_ID: found.external_id} if EXTERNAL_ID in wanted else {}
    cells = own | fields(newest, [column for column in wanted if column != EXTERNAL_ID])
    return Record(str(found.id), cells, version=str(newest.number))


def _cells(version: Version, wanted: Sequence[str]) -> Iterator[tuple[str, Any]]:
    for column in wanted:
        code, part = split(column)
        value = version.first(code)
        if value is None:
            yield column, None
        elif part:
            yield column, values.money(value.text)[0 if part == AMOUNT else 1]
        else:
            yield column, values.read(value.text, value.type)


def _version(body: Any, types: Types) -> Version:
    return Version(
        body["version"], body["applicationFormId"], tuple(_value(each, types) for each in body["fieldValues"])
    )


def _value(body: Any, types: Types) -> Value:
    field = body.get("applicationFormField")
    text = body["value"]
    if not isinstance(text, str):
        raise TypeError
    return Value(
        body["applicationFormFieldId"],
        code_of(field) or "",
        types.of(field),
        body["position"],
        text,
        body.get("goodAsOf"),
        body.get("isValid") is not False,
    )

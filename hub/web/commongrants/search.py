"""What the body of a search asks for (CommonGrants 0.4, ``OppFilters`` and ``OppSorting``), as a test and an order of
projected opportunities. Filters that are not known here are told of and left out, as the protocol wants."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from hub.commons.criteria import Criteria
from hub.store.finding import Looking
from hub.store.lists import Shown

Item = Mapping[str, Any]
Test = Callable[[Item], bool]
MONEYS = {
    "totalFundingAvailableRange": "totalAmountAvailable",
    "minAwardAmountRange": "minAwardAmount",
    "maxAwardAmountRange": "maxAwardAmount",
}
CUSTOM = {
    "opportunityKind": ("opportunityKind", None),
    "theme": ("themes", None),
    "geography": ("geographies", "country"),
}
SORTS = (
    "lastModifiedAt", "createdAt", "title", "status.value", "keyDates.closeDate", "funding.maxAwardAmount",
    "funding.minAwardAmount", "funding.totalAmountAvailable", "funding.estimatedAwardCount",
)  # fmt: skip


_MOMENT = re.compile(r"[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})?$")
"""What follows the day (RFC 3339)."""


LISTED = {"lastModifiedAt": "changed", "createdAt": "created", "title": "title"}
"""By what the store itself orders."""


class Unreadable(ValueError):
    """A part of the body has another form than the protocol's; the text says which."""


@dataclass(slots=True)
class Search:
    """``sort`` and ``descending`` are what is really done, ``sort_errors`` and ``filter_errors`` what was asked in vain.
    ``kind`` and ``status`` ("" for any) narrow what the store gives; ``tests`` are what it cannot say."""

    words: str = ""
    kind: str = ""
    status: str = ""
    tests: list[Test] = field(default_factory=list)
    filters: dict[str, Any] = field(default_factory=dict)
    filter_errors: list[str] = field(default_factory=list)
    sort: str = "lastModifiedAt"
    descending: bool = True
    sort_errors: list[str] = field(default_factory=list)
    asked_sort: dict[str, Any] = field(default_factory=dict)

    @property
    def looking(self) -> Looking:
        return Looking(Criteria(text=self.words, kind=self.kind or None), self.status)

    @property
    def listed(self) -> Shown | None:
        """Where the store alone can answer."""
        if self.words or self.tests or self.status or self.sort not in LISTED:
            return None
        return Shown(self.kind, LISTED[self.sort], self.descending)

    def fits(self, item: Item) -> bool:
        return all(test(item) for test in self.tests)

    def place(self, item: Item) -> tuple[bool, Any, str]:
        """Sorts an item. What has no value comes last in the ascending order; ids decide where values are equal."""
        value = _at(item, self.sort)
        if self.sort.startswith("funding.") and isinstance(value, dict):
            value = (value["currency"], Decimal(value["amount"]))
        elif self.sort == "keyDates.closeDate":
            value = (value or {}).get("date") or (value or {}).get("startDate")
        elif isinstance(value, str):
            value = value.casefold()
        return (value is None, 0 if value is None else value, item["id"])

    def sort_info(self) -> dict[str, Any]:
        told = self.asked_sort | {"sortBy": self.sort, "sortOrder": "desc" if self.descending else "asc"}
        return told | ({"errors": self.sort_errors} if self.sort_errors else {})

    def filter_info(self) -> dict[str, Any]:
        return {"filters": self.filters} | ({"errors": self.filter_errors} if self.filter_errors else {})


def read(body: Any) -> Search:
    """Raises ``Unreadable``."""
    body = _object(body, "The body")
    search = Search(words=_words(body.get("search")))
    for name, given in _object(body.get("filters"), "filters").items():
        if name == "customFilters":
            for custom, wanted in _object(given, "filters.customFilters").items():
                found = _custom(custom, wanted, search.filter_errors)
                if found and custom == "opportunityKind" and not search.kind and (kind := _one_kind(wanted)):
                    search.kind = kind
                else:
                    search.tests += found
        elif given is None:
            continue
        elif name in ("status", "closeDateRange", *MONEYS):
            operator, value = _filter(given, f"filters.{name}")
            search.tests.append(_standard(name, operator, value, search.filter_errors))
            if name == "status" and operator == "in" and set(map(str, value)) <= {"open", "forecasted"}:
                # Only calls have such a status, and they are stored as published.
                search.status, search.kind = "published", search.kind or "call"
        else:
            search.filter_errors.append(f"{name} is no filter here; it was left out.")
        search.filters[name] = given
    sorting = _object(body.get("sorting"), "sorting")
    by, order = sorting.get("sortBy", "lastModifiedAt"), sorting.get("sortOrder", "desc")
    if order not in ("asc", "desc"):
        raise Unreadable("sorting.sortOrder is asc or desc.")
    search.descending = order == "desc"
    if by == "custom":
        search.sort_errors.append("Custom sorting is not known here; newest changes come first.")
        if isinstance(sorting.get("customSortBy"), str):
            search.asked_sort["customSortBy"] = sorting["customSortBy"]
    elif by in SORTS:
        search.sort = by
    else:
        raise Unreadable(f"sorting.sortBy is one of {', '.join(SORTS)} or custom.")
    return search


def _one_kind(given: Mapping[str, Any]) -> str:
    """The kind that this filter leaves, where it is one of the commons."""
    values = given["value"] if given["operator"] == "in" else [given["value"]] if given["operator"] == "eq" else []
    return values[0] if len(values) == 1 and values[0] in ("project", "call") else ""


def _words(given: Any) -> str:
    if given is not None and not isinstance(given, str):
        raise Unreadable("search is text.")
    return (given or "").strip()


def _object(given: Any, name: str) -> dict[str, Any]:
    if given is not None and not isinstance(given, dict):
        raise Unreadable(f"{name} is an object.")
    return given or {}


def _filter(given: Any, name: str) -> tuple[str, Any]:
    if not isinstance(given, dict) or "operator" not in given or "value" not in given:
        raise Unreadable(f"{name} has an operator and a value.")
    return str(given["operator"]), given["value"]


def _standard(name: str, operator: str, value: Any, errors: list[str]) -> Test:
    if name == "status":
        return _among(lambda item: [item["status"]["value"]], operator, value, name)
    low, high = _bounds(name, operator, value)
    if name == "closeDateRange":
        return _ranged(
            lambda item: _day(_at(item, "keyDates.closeDate")), operator, low and _date(low), high and _date(high)
        )
    currencies = {bound["currency"] for bound in (low, high) if bound}
    if len(currencies) > 1:
        errors.append(f"{name}: its ends have two currencies, and nothing is converted. No amount is in such a range.")
        currencies = set()

    def amount(item: Item) -> Decimal | None:
        money = _at(item, f"funding.{MONEYS[name]}")
        return Decimal(money["amount"]) if money and money["currency"] in currencies else None

    return _ranged(amount, operator, _amount(low, name), _amount(high, name))


def _bounds(name: str, operator: str, value: Any) -> tuple[Any, Any]:
    if operator not in ("between", "outside"):
        raise Unreadable(f"filters.{name}.operator is between or outside.")
    if not isinstance(value, dict):
        raise Unreadable(f"filters.{name}.value has min and max.")
    low, high = value.get("min"), value.get("max")
    if name in MONEYS and not all(
        isinstance(each, dict) and isinstance(each.get("currency"), str) for each in (low, high)
    ):
        raise Unreadable(f"filters.{name}.value has min and max with amount and currency.")
    return low, high


def _ranged(of: Callable[[Item], Any], operator: str, low: Any, high: Any) -> Test:
    """Both ends belong to the range. What has no such value is in no range, and not outside of one either."""

    def test(item: Item) -> bool:
        found = of(item)
        if found is None:
            return False
        within = (low is None or low <= found) and (high is None or found <= high)
        return within if operator == "between" else not within

    return test


def _among(of: Callable[[Item], list[Any]], operator: str, value: Any, name: str) -> Test:
    if operator not in ("in", "notIn") or not isinstance(value, list):
        raise Unreadable(f"filters.{name} is in or notIn a list.")
    wanted = {each for each in value if isinstance(each, str)}  # no value of these fields is anything else
    return lambda item: (not wanted.isdisjoint(of(item))) is (operator == "in")


def _custom(name: str, given: Any, errors: list[str]) -> list[Test]:
    operator, value = _filter(given, f"filters.customFilters.{name}")
    if name not in CUSTOM:
        errors.append(f"{name} is no filter here; known: {', '.join(CUSTOM)}. It was left out.")
        return []
    place, part = CUSTOM[name]
    if operator in ("eq", "neq"):
        operator, value = {"eq": "in", "neq": "notIn"}[operator], [value]

    def of(item: Item) -> list[Any]:
        found = item.get("customFields", {}).get(place, {}).get("value")
        each = found if isinstance(found, list) else [] if found is None else [found]
        return [one.get(part) for one in each] if part else each

    try:
        return [_among(of, operator, value, f"customFilters.{name}")]
    except Unreadable as error:
        errors.append(f"{error} It was left out.")
        return []


def _at(item: Item, path: str) -> Any:
    found: Any = item
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _day(event: Any) -> date | None:
    text = (event or {}).get("date")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _date(text: Any) -> date:
    """Of a moment its day as it is written, as opportunities have no hour either."""
    try:
        return date.fromisoformat(_MOMENT.sub("", text))
    except (TypeError, ValueError):
        raise Unreadable("filters.closeDateRange: min and max are days like 2026-03-31.") from None


def _amount(money: Any, name: str) -> Decimal:
    try:
        found = Decimal(str(money["amount"]))
    except (KeyError, InvalidOperation):
        found = Decimal("NaN")
    if not found.is_finite():
        raise Unreadable(f"filters.{name}: an amount is decimal text.")
    return found

"""Who is in, as one reader may know it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any

from hub.store.tables import Commitment
from schemas.totals import EXACT

UNNAMED = "a member"
DISCLOSED = ("named", "anonymous")
NOTE = "commitment.note"
STAGES = ("paid", "committed", "pledged", "exploring", "interested")
"""Nearest to the money first. ``declined`` is nobody else's business, whatever else is disclosed."""


REPRESENTED = ("stage", "amount", "date", "visibility")


@dataclass(frozen=True, slots=True)
class Line:
    """One that is in. ``who``: its member's name, ``None`` where it counts without being named. ``amount`` and
    ``date`` as in ``commitment.*``."""

    who: str | None
    stage: str
    amount: Mapping[str, str] | None
    date: Mapping[str, str] | None
    own: bool


def discloses(facts: Mapping[str, Any]) -> bool:
    """Whether a position lets others know of it."""
    return facts.get("commitment.visibility") in DISCLOSED and facts.get("commitment.stage") != "declined"


def shown(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Of a member's position what others may know, by path: nothing of one that is not disclosed, and never its note."""
    return {p: value for p, value in facts.items() if p != NOTE and value is not None} if discloses(facts) else {}


def disclosed(commitments: Mapping[str, Commitment]) -> list[tuple[str, dict[str, Any]]]:
    """Members with the commitments that they let others know of; nobody's number moves before that."""
    return [(member, dict(c.facts)) for member, c in sorted(commitments.items()) if discloses(c.facts or {})]


def represented(commitments: Mapping[str, Commitment], member: str) -> dict[str, Any]:
    """``represented.*``: of a member's position what it discloses, blank where that is nothing. What is hidden stays here."""
    facts = dict(disclosed({member: commitments[member]})).get(member, {}) if member in commitments else {}
    return {f"represented.{name}": facts.get(f"commitment.{name}") for name in REPRESENTED}


def lines(commitments: Mapping[str, Commitment], reader: str, names: Mapping[str, str]) -> list[Line]:
    """Whose commitments count. Their order says nothing of who is not named."""
    found = []
    for member, facts in disclosed(commitments):
        own = member == reader
        who = names.get(member, member) if own or facts.get("commitment.visibility") == "named" else None
        amount, date = facts.get("commitment.amount"), facts.get("commitment.date")
        behind = [Line(names.get(member, member), stage, money, None, own) for stage, money in _behind(facts)]
        if facts.get("commitment.stage") or amount or not behind:
            found.append(Line(who, facts.get("commitment.stage") or STAGES[-1], amount, date, own))
        found += behind
    return sorted(found, key=lambda line: (STAGES.index(line.stage), line.who is None, line.who or "", repr(line)))


def _behind(facts: Mapping[str, Any]) -> list[tuple[str, Mapping[str, str]]]:
    """Stages and amounts of those that a member stands for. What is paid is among what is committed, and shown once."""
    sums = {name: {m["currency"]: Decimal(m["amount"]) for m in facts.get(f"commitment.others.{name}") or ()}
            for name in ("paid", "committed", "pledged")}  # fmt: skip
    with localcontext(prec=EXACT):
        sums["committed"] = {c: amount - sums["paid"].get(c, 0) for c, amount in sums["committed"].items()}
    return [
        (stage, {"amount": format(amount, "f"), "currency": currency})
        for stage, by_currency in sums.items()
        for currency, amount in sorted(by_currency.items())
        if amount > 0
    ]


def table(commitments: Mapping[str, Commitment], reader: str, names: Mapping[str, str]) -> str | None:
    """The same as text for a column of a system, one a line, in codes and plain numbers whatever its language. Whoever stands
    for others has told their lines."""
    told = {m: str(c.facts["commitment.others.table"]) for m, c in commitments.items() if _tells(c)}
    said = []
    for line in lines({m: c for m, c in commitments.items() if m not in told}, reader, names):
        amount = f" {line.amount['amount']} {line.amount['currency']}" if line.amount else ""
        said.append(f"{line.who or UNNAMED}: {line.stage}{amount}")
    return "\n".join([*said, *told.values()]) or None


def _tells(commitment: Commitment) -> bool:
    facts = commitment.facts or {}
    return bool(facts.get("commitment.others.table")) and facts.get("commitment.visibility") in DISCLOSED

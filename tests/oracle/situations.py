"""What a run of the oracle must have met to have proved anything."""

from __future__ import annotations

from collections import Counter

MET: Counter[str] = Counter()

NEEDED = frozenset(
    {
        "a record shared for the first time",
        "one-sided edit in",
        "one-sided edit out",
        "both changed, different",
        "both changed, equal",
        "clear, one-sided",
        "clear against edit",
        "commons cleared against edit",
        "revert to an older value",
        "touch",
        "delete",
        "delete against edit",
        "recreated from the bin",
        "recreated after the hub forgot it",
        "key copied to a second record",
        "key of an invisible opportunity",
        "a record brought its key",
        "record of one who stopped following",
        "a copy in place of the steward's deleted record",
        "late page",
        "late page after a tombstone",
        "first sight, equal",
        "first sight, blank there",
        "first sight, blank here",
        "first sight, unequal",
        "value map changed",
        "column renamed",
        "newly mapped field",
        "cut value edited",
        "kept edit",
        "suggested edit",
        "reset edit",
        "accepted edit",
        "edit of a field that differs",
        "suggestion accepted",
        "suggestion declined",
        "foreign edit of an outgoing field",
        "member's own field edited",
        "rule decided",
        "rule that ranks one of two only",
        "conflict opened",
        "conflict settled by itself",
        "conflict resolved for a party",
        "conflict resolved for the commons",
        "conflict resolved with a new value",
        "conflict reopened",
        "party moved during conflict",
        "set merge, both sides",
        "set edited where some of it is hidden",
        "item that no mapping knows",
        "unknown value quarantined",
        "value that a system has no word for",
        "a system normalised what was written",
        "moved while the hub was writing",
        "sharing withdrawn",
        "sharing resumed",
        "edit in the hub",
    }
)


def met(situation: str) -> None:
    if situation not in NEEDED:
        raise KeyError(situation)
    MET[situation] += 1


def missing() -> list[str]:
    return sorted(NEEDED - MET.keys())

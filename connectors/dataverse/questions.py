"""What was not verified against a real environment; see the README, which lists the same."""

from __future__ import annotations

from connectors.questions import Evidence, Question


def _together(seen: Evidence) -> str | None:
    told = seen.options.get("feeds_together") is not False and seen.ok("edit there")
    return "It may: changes were told in a batch." if told else None


def _mismatch(seen: Evidence) -> str | None:
    return "An outdated etag was refused and recognised by its status." if seen.ok("outdated edit") else None


QUESTIONS = (
    Question("feeds-together", "That a batch may carry the links of change tracking (hence `feeds_together`)",
             "The connection has feeds_together = false, or no change was told.", _together),
    Question("version-mismatch", "The code of a version mismatch (matched by its status, 412)",
             "No outdated edit was tried.", _mismatch),
    Question("expired-position", "The answer to an expired position (any refusal of a position in its own words counts as that)",
             "A position lives seven days. Pause a test connection for eight, and look at what its next sync says."),
    Question("unknown-property", "The code of an unknown property",
             "The proof sends no unknown property: `hub check` compares columns with the table's definition first."),
)  # fmt: skip

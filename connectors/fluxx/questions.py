"""What is not verified of Fluxx; see the README, which lists the same."""

from __future__ import annotations

from connectors.questions import Evidence, Question


def _time_of_day(seen: Evidence) -> str | None:
    ok = seen.options.get("since") == "second" and seen.ok("edit there")
    return 'With since = "second" an edit of the same day was noticed: that setting misses none here.' if ok else None


def _lag(seen: Evidence) -> str | None:
    if seen.found_after is None:
        return None
    return f"The new record was in a list after {seen.found_after:.0f} seconds at the most."


def _by_id(seen: Evidence) -> str | None:
    return "It showed each write at once." if seen.ok("edit here") else None


def _deleted(seen: Evidence) -> str | None:
    if not seen.ok("removal"):
        return None
    shown = seen.removed == "Gone"
    return "It is, with deleted_at." if shown else "Read by its id, the deleted record was not shown with deleted_at."


def _migrate_id(seen: Evidence) -> str | None:
    found = next((f.type for f in seen.fields if f.name == seen.key), None)
    took = seen.ok("lost answer")
    return f"A whole number was kept and found again{f' ({found})' if found else ''}." if took else None


def _refusals(seen: Evidence) -> str | None:
    found = seen.refusals()
    return f"Refusals came with {found}." if found else None


def _too_many(seen: Evidence) -> str | None:
    return "A 429 came, and a minute was enough." if any(x.status == 429 for x in seen.exchanges) else None


QUESTIONS = (
    Question("since", "Whether filters heed the time of day (hence `since`)",
             'Prove a connection with since = "second" to know.', _time_of_day),
    Question("index", "How many seconds a new record waits for the index that lists are made from (hence `lag`)",
             "The record was not found by its key while the proof waited.", _lag),
    Question("lag", "How many seconds an update waits for that index (hence `lag`): the guide says about five minutes",
             "Not timed, for what a list names is read by its id. Edit a record, and filter a list of the site by the new value."),
    Question("by-id", "That a record read by its id comes from the database, not from that index",
             "No write was read back.", _by_id),
    Question("priority-index", "What it costs a site to have the hub's own writes indexed at once (hence `priority_index`)",
             "One record does not show that. Ask Fluxx, or look at the site while it is busy."),
    Question("locked", "Whether a record that somebody has open refuses a write (hence `locked`)",
             "Nobody had the record open. Open a record as a person, and look at what a sync says of an edit to it."),
    Question("deleted", "Whether deleted records are still shown, with `deleted_at` (hence `deleted`)",
             "The record was not deleted. Delete it by hand; the next sync of the connection tells.", _deleted),
    Question("migrate-id", "Whether `migrate_id` is a number or text (a whole number is both)",
             "The key was not found again.", _migrate_id),
    Question("state", "Whether writing `state` runs the workflow (it is never written, whatever a mapping says)",
             "It is never written, so it was not tried."),
    Question("refusal", "The body of a refusal (it is shown as it comes)", "The site refused nothing.", _refusals),
    Question("429", "What a 429 says (the hub waits a minute whether or not it is told to)",
             "The site's limits were not reached.", _too_many),
)  # fmt: skip

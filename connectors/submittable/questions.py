"""What is from the vendor's documents and not tried on a live organisation; see the README, which lists the same."""

from __future__ import annotations

from connectors.questions import Evidence, Question


def _key_as(seen: Evidence) -> str | None:
    return f"As {seen.options.get('key_as', 'username')} it was accepted." if seen.ok("check") else None


def _lag(seen: Evidence) -> str | None:
    if seen.visible_after is None:
        return None
    return f"An edit was in a list after {seen.visible_after:.0f} seconds at the most. Others may take longer: set list_lag no lower."


def _missing(seen: Evidence) -> str | None:
    found = seen.statuses("removal", "GET", "/submissions/") if seen.ok("removal") else ""
    return f"Asked for the removed submission it answered {found}." if found else None


def _version(seen: Evidence) -> str | None:
    return "An outdated edit of the commons form was kept back by comparing." if seen.ok("outdated edit") else None


def _throttled(seen: Evidence) -> str | None:
    return "429 it is." if any(x.status == 429 for x in seen.exchanges) else None


def _page(seen: Evidence) -> str | None:
    read = any("/entries/forms/" in x.path and x.status == 200 for x in seen.exchanges)
    return "A page of 500 was asked for and answered." if read else None


QUESTIONS = (
    Question("key-as", "Where the key goes (hence `key_as`)", "It did not get in.", _key_as),
    Question("list-lag", "How late lists are (hence `list_lag`)", "No edit was seen in a list.", _lag),
    Question("missing", "The status for a missing submission (any refusal is looked into)",
             "The submission was not deleted: that takes may_delete = true.", _missing),
    Question("other-version", "The status for another version of an entry (any refusal is looked into)",
             "No outdated edit was tried.", _version),
    Question("put-clears", "Whether `PUT` clears what is left out (everything is sent)",
             "Everything is sent, so it was not tried."),
    Question("import-mails", "Whether imports mail their submitter (hence `submitter_first_name`)",
             "A program cannot see that. Look into the mailbox of the test tenant's submitter, and into its activity log."),
    Question("throttling", "What throttling looks like (429 is assumed)", "The limits were not reached.", _throttled),
    Question("page-of-forms", "That `GET /v4/entries/forms/{id}` takes 500 a page as other lists do",
             "No list of a form was read.", _page),
)  # fmt: skip

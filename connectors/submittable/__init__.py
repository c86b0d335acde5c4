"""Submittable: submissions of one organisation, over its API v4."""

from __future__ import annotations

from connectors.addresses import host_of
from connectors.contract import Option, Settings, System
from connectors.facts import Facts
from connectors.submittable.api import URL
from connectors.submittable.connector import open_submissions
from connectors.submittable.place import LAG, REREAD
from connectors.submittable.questions import QUESTIONS

__all__ = ["connector"]


def _hosts(settings: Settings) -> tuple[str, ...]:
    host = host_of(str(settings.get("url", URL)))
    return (host,) if host else ()


connector = System(
    name="submittable",
    title="Submittable",
    summary="Submissions of a Submittable organisation, the commons fields in an internal form, over its API v4.",
    options=(
        Option("key", "API key of the organisation.", required=True, secret=True),
        Option("internal_form", "Id of the internal form with the commons fields.", required=True),
        Option("projects", "Ids of the projects to look at, with commas between; without it, all of them."),
        Option("project", "Id of the project that takes new submissions; without it, nothing is imported."),
        Option("submitter", "Id of the account that new submissions belong to."),
        Option("submitter_first_name", "In place of submitter: a name without an address, with submitter_last_name."),
        Option("submitter_last_name", "Goes with submitter_first_name."),
        Option("initial_form", "Id of the form that applicants fill in, for columns that start with “initial: ”."),
        Option("edit_answers", "Whether columns of the applicants' form may be written.", default=False),
        Option("may_delete", "Whether submissions may be deleted.", default=False),
        Option("key_as", "Where the key goes when signing in.", default="username", choices=("username", "password")),
        Option("reread_minutes", "After how long answers that are still open are read again.", default=REREAD),
        Option("list_lag", "Seconds that a list may take to show what was written.", default=LAG),
        Option("url", "Address of the API; another one is for a stand-in server.", default=URL),
        Option("page", "Address that opens a submission for a person, with {id} in it."),
    ),
    open=open_submissions,
    hosts=_hosts,
    sandbox="connectors.submittable.sandbox:serve",
    questions=QUESTIONS,
    facts=Facts(
        direction="both",
        feed=("token",),
        deletes=("none",),
        guard=("second",),
        key=("text", "none"),
        batch=(10,),
        limits="10 calls a second, 10,000 an hour",
        verified="the conformance kit with its stand-in",
    ),
)

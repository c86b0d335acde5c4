"""What was not verified on an org; see the README, which lists the same."""

from __future__ import annotations

from connectors.questions import Evidence, Question


def _lengths(seen: Evidence) -> str | None:
    own = [f"{f.name} {f.length}" for f in seen.fields if f.length and not f.name.endswith("__c")]
    return f"The org gives, in characters: {', '.join(own)}." if own else None


def _composite(seen: Evidence) -> str | None:
    if not any(x.step == "outdated edit" and x.path.endswith("/composite") for x in seen.exchanges):
        return None
    if seen.ok("outdated edit"):
        return "It counts: an outdated edit inside a composite request was refused."
    failed = seen.steps.get("outdated edit") == "failed"
    return 'It does not count: an outdated edit went through. Keep guard = "each".' if failed else None


def _record_type(seen: Evidence) -> str | None:
    name = seen.options.get("record_type")
    return f'"{name}" is one: a record of it was made and listed.' if name and seen.ok("create", "edit there") else None


def _assertion(seen: Evidence) -> str | None:
    return "Three minutes were accepted." if seen.options.get("private_key") and seen.ok("check") else None


def _codes(seen: Evidence) -> str | None:
    found = seen.refusals()
    return f"Refusals came with {found}." if found else None


QUESTIONS = (
    Question(
        "lengths",
        "Lengths of Nonprofit Cloud's own text fields (`ApplicationName` is taken for 255; `hub check` names a shorter one, "
        "and what to set)",
        "The description of the object was not read.",
        _lengths,
    ),
    Question(
        "composite-guard",
        "`If-Unmodified-Since` inside composite requests (hence `guard`)",
        'Prove a connection with guard = "composite" to know.',
        _composite,
    ),
    Question(
        "record-type",
        "The developer name of NPSP's record type (hence `record_type`)",
        "The connection names no record_type, or its record was not made and listed.",
        _record_type,
    ),
    Question(
        "assertion",
        "How long an assertion may live (the hub's lives three minutes)",
        "The connection signs in without an assertion (no private_key), or did not get in.",
        _assertion,
    ),
    Question(
        "error-texts",
        "Exact texts of error messages (only codes and statuses are relied on)",
        "The org refused nothing.",
        _codes,
    ),
)

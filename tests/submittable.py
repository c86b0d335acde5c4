"""A Submittable organisation as connectors/submittable/README.md has it set up, with one project of its own and one for
what it takes up."""

from __future__ import annotations

from typing import Any

from connectors.submittable.sandbox import SubmittableSandbox
from schemas.codes import CODES

KEY = "key-of-the-foundation"
OWN, TAKEN_UP = "Water grants", "From the commons"
TEXTS = (
    "Commons ID", "Title", "Organisation", "Tax ID", "Organisation country", "Website", "Places", "Currency", "Start", "End",
    "Public contact", "Commons gap", "Shared by", "Commons link",
)  # fmt: skip
LONG = ("Summary", "Need", "Planned activities", "Intended impact", "Board's opinion")
NUMBERS = ("Amount requested", "Total cost", "Our amount", "Commons funders")
CHOICES = {
    "Share with the commons": ("single_response", ["Yes", "No"]),
    "Show our commitment": ("single_response", ["Yes", "No", "Without our name"]),
    "Commons status": ("dropdown_list", list(CODES["status"].values())),
    "Themes": ("multiple_response", list(CODES["theme"].values())),
    "Populations": ("multiple_response", list(CODES["population"].values())),
}


def commons_fields() -> list[dict[str, Any]]:
    """The fields of the commons form, and one that no mapping names."""
    fields = [{"label": label, "type": "short_answer"} for label in TEXTS]
    fields += [{"label": label, "type": "long_answer"} for label in LONG]
    fields += [{"label": label, "type": "number"} for label in NUMBERS]
    return fields + [{"label": n, "type": kind, "options": options} for n, (kind, options) in CHOICES.items()]


def seed(**more: Any) -> dict[str, Any]:
    applicants = [
        {"label": "Project title", "type": "title"},
        {"label": "Your plan", "type": "long_answer"},
        {"label": "Your address", "type": "email"},
    ]
    arrival = [{"label": "Title", "type": "title", "required": True}, {"label": "Commons ID", "type": "short_answer"}]
    forms = {
        "Commons": {"type": "internal", "fields": commons_fields()},
        "Application": {"type": "initial", "fields": applicants},
        "Arrival": {"type": "initial", "fields": arrival},
    }
    projects = {
        OWN: {"initial": "Application", "internal": "Commons"},
        TAKEN_UP: {"initial": "Arrival", "internal": "Commons"},
    }
    return {"key": KEY, "forms": forms, "projects": projects} | more


def options(sandbox: SubmittableSandbox, *, imports: bool = False) -> dict[str, Any]:
    """Of a connection to it, without its key."""
    there = sandbox.organisation
    found: dict[str, Any] = {"url": sandbox.url, "internal_form": there.form("Commons").id}
    if imports:
        project = there.project(TAKEN_UP).id
        found |= {"project": project, "submitter_first_name": "Commons", "submitter_last_name": "Hub"}
    return found

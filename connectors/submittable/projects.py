"""A project, as far as new submissions need it (``GET /v4/projects/{id}``)."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.contract import Unavailable
from connectors.submittable.api import Api, part


@dataclass(frozen=True, slots=True)
class Project:
    """A call for applications; ``initial_form`` is what applicants fill in, ``internal_form`` what staff does."""

    id: str
    name: str
    initial_form: str | None
    internal_form: str | None


def project(api: Api, id: str) -> Project:
    place = f"Reading project {id}"
    body = api.call("GET", f"projects/{part(id)}", place)
    if str(body.get("projectId", "")).lower() != id.lower():
        raise Unavailable(f"{place}: Submittable's answer is not this project.")
    return Project(id, str(body.get("name") or ""), _form(body.get("initialFormId")), _form(body.get("internalFormId")))


def _form(value: object) -> str | None:
    return value if isinstance(value, str) and value else None

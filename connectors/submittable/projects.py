"""A project, as far as new submissions need it (``GET /v4/projects/{id}``)."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.contract import Unavailable
from connectors.submittable.api import Api, part
from schemas.said import phrase


@dataclass(frozen=True, slots=True)
class Project:
    """A call for applications; ``initial_form`` is what applicants fill in, ``internal_form`` what staff does.
    ``stages``: the id of each review stage, which a mapping of reviewStageId needs, to its name."""

    id: str
    name: str
    initial_form: str | None
    internal_form: str | None
    stages: dict[str, str]


def project(api: Api, id: str) -> Project:
    place = phrase("Reading project %(id)s", id=id)
    body = api.call("GET", f"projects/{part(id)}", place)
    if str(body.get("projectId", "")).lower() != id.lower():
        raise Unavailable(phrase("%(place)s: Submittable's answer is not this project.", place=place))
    forms = _form(body.get("initialFormId")), _form(body.get("internalFormId"))
    try:
        stages = {str(each["reviewStageId"]): str(each.get("stageName")) for each in body.get("reviewStages") or ()}
    except (KeyError, TypeError, AttributeError):
        raise Unavailable(phrase("%(place)s: Submittable's answer has stages that are none.", place=place)) from None
    return Project(id, str(body.get("name") or ""), *forms, stages)


def _form(value: object) -> str | None:
    return value if isinstance(value, str) and value else None

"""The options of a connection, read once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from connectors.contract import Invalid, Settings
from schemas.said import phrase

REREAD = 60
"""Minutes after which answers that are still open are read again."""

LAG = 60
"""Seconds that a list may take to show what was just written. The vendor gives no number."""


@dataclass(frozen=True, slots=True)
class Place:
    """Which part of an organisation's Submittable a connection uses.

    ``submitter`` is what a new submission says of whose it is. It never holds an e-mail address: what has none cannot
    be written to.
    """

    internal_form: str
    initial_form: str | None
    projects: tuple[str, ...]
    project: str | None
    submitter: dict[str, str] | None
    edit_answers: bool
    may_delete: bool
    reread: timedelta
    lag: float
    page: str | None

    @property
    def imports(self) -> bool:
        return self.project is not None and self.submitter is not None

    def has(self, project: str) -> bool:
        """Whether submissions of this project are this connection's."""
        return not self.projects or project.lower() in self.projects


def place(settings: Settings) -> Place:
    """``Invalid`` names the option that cannot be used."""
    projects = _ids(settings.get("projects"))
    project = _text(settings, "project")
    if project and projects and project.lower() not in projects:
        projects = (*projects, project.lower())
    page = _text(settings, "page")
    if page and "{id}" not in page:
        raise Invalid(phrase("The option page needs {id} in it, where the id of the submission goes."))
    form = _text(settings, "internal_form")
    if form is None:
        raise Invalid(
            phrase("The option internal_form is missing: the id of the internal form that holds the commons fields.")
        )
    return Place(
        internal_form=form,
        initial_form=_text(settings, "initial_form"),
        projects=projects,
        project=project,
        submitter=_submitter(settings),
        edit_answers=settings.get("edit_answers") is True,
        may_delete=settings.get("may_delete") is True,
        reread=timedelta(minutes=_number(settings, "reread_minutes", REREAD)),
        lag=_number(settings, "list_lag", LAG),
        page=page,
    )


def _submitter(settings: Settings) -> dict[str, str] | None:
    id = _text(settings, "submitter")
    first, last = _text(settings, "submitter_first_name"), _text(settings, "submitter_last_name")
    if id:
        return {"submitterId": id}
    return {"firstName": first, "lastName": last} if first and last else None


def _ids(value: object) -> tuple[str, ...]:
    listed = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
    return tuple(str(each).strip().lower() for each in listed if str(each).strip())


def _text(settings: Settings, name: str) -> str | None:
    value = str(settings.get(name) or "").strip()
    return value or None


def _number(settings: Settings, name: str, default: float) -> float:
    try:
        number = float(settings.get(name, default))
    except (TypeError, ValueError):
        number = -1
    if not 0 <= number <= 100_000:
        raise Invalid(phrase("The option %(name)s must be a number, like %(default)s.", name=name, default=default))
    return number

"""The connection test: what an administrator has to set up in Submittable, one step at a time, nothing written."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC
from email.utils import parsedate_to_datetime

from connectors.contract import Check, ConnectorError, Forbidden, Invalid, SignInFailed
from connectors.submittable import entries as filled
from connectors.submittable import errors
from connectors.submittable.api import Api, KeyAs
from connectors.submittable.columns import INITIAL, Columns
from connectors.submittable.forms import Form, form
from connectors.submittable.place import Place
from connectors.submittable.projects import project
from connectors.submittable.values import SENT_BACK, TEXT

SKEW = 300.0
"""Seconds by which clocks may differ before it is worth a word."""

KEYS = "In Submittable, under the organisation's settings, make an API key"


def run(api: Api, place: Place, columns: Columns) -> list[Check]:
    """The steps in order; what cannot be tried after a failed step is left out. Never raises."""
    done: list[Check] = []
    try:
        for step in _steps(api, place, columns):
            done.append(step)
    except SignInFailed as error:
        done.append(Check("sign in", False, str(error), _other_form(api)))
    except (Forbidden, Invalid) as error:
        fix = f"{KEYS} that may do this, or name another form or project in the options; then check again."
        done.append(Check("read", False, str(error), fix))
    except ConnectorError as error:
        fix = "See to the network, the connection's url or Submittable's status page, then check again."
        done.append(Check("reach Submittable", False, str(error), fix))
    return done


def _steps(api: Api, place: Place, columns: Columns) -> Iterator[Check]:
    yield from _sign_in(api)
    for _ in api.pages("submissions", "Listing submissions", size=1):
        break
    yield Check("read submissions", True, "Submissions can be listed.")
    try:
        internal = form(api, place.internal_form)
    except Forbidden as error:
        yield Check("commons form", False, str(error), _forms_there_are(api))
        return
    yield _is_internal(internal)
    yield from _fields(internal, columns.internal, "")
    if columns.initial:
        yield from _initial(api, place, columns)
    yield from _key(api, internal, columns)
    yield from _imports(api, place, internal, columns)
    yield Check("write", True, "Whether the key may write only a write can show; nothing was written.")


def _sign_in(api: Api) -> Iterator[Check]:
    answer = api.ask("GET", "organizations/guid")
    if not answer.ok:
        raise SignInFailed(str(errors.error(answer, "Signing in")))
    yield Check("sign in", True, f"Signed in, with the key as {api.key_as}.")
    try:
        theirs = parsedate_to_datetime(answer.headers.get("date", ""))
    except (ValueError, TypeError):
        return
    theirs = theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)
    off = (api.transport.time.now() - theirs).total_seconds()
    fix = "Set the clock of this machine, best by NTP: schedules and dates in the log depend on it."
    detail = f"This machine's clock is {abs(off):.0f} seconds {'ahead of' if off > 0 else 'behind'} Submittable's."
    yield Check("clock", abs(off) <= SKEW, detail, fix if abs(off) > SKEW else "")


def _other_form(api: Api) -> str:
    """Vendor pages differ on where the key goes; the other place is tried, so that nobody has to guess."""
    other: KeyAs = "password" if api.key_as == "username" else "username"
    try:
        if api.ask("GET", "organizations/guid", key_as=other).ok:
            return f'Set key_as = "{other}": this organisation takes the key there.'
    except ConnectorError:
        pass
    return f"{KEYS}, put it where the configuration says, then check again. It was tried as user name and as password."


def _forms_there_are(api: Api) -> str:
    fix = "Set internal_form to the id of the internal form with the commons fields, and let the key read forms."
    found: list[str] = []
    try:
        for page in api.pages("forms/metadata", "Listing forms"):
            found += [
                f"{each.get('name')} ({each.get('formId')})"
                for each in page.items
                if isinstance(each, dict) and each.get("formType") == "internal"
            ]
    except ConnectorError:
        return fix
    return f"{fix} There {'are' if found else 'is none yet'}{': ' if found else ''}{', '.join(found[:10])}."


def _is_internal(internal: Form) -> Check:
    if internal.type and internal.type != "internal":
        fix = "Set internal_form to the id of an internal form: applicants must never see what the hub writes."
        return Check("commons form", False, f"Form {internal.name!r} is of type {internal.type}.", fix)
    odd = [each.label or each.id for each in internal.fields if each.type not in SENT_BACK]
    if odd:
        told = f"Form {internal.name!r} has fields that cannot be sent back as they are: {', '.join(odd)}."
        fix = "Make an internal form for the commons alone, with text, numbers and choices only."
        return Check("commons form", False, told, fix)
    return Check("commons form", True, f"Form {internal.name!r} has {len(internal.fields)} fields.")


def _fields(where: Form, names: Iterable[str], before: str) -> Iterator[Check]:
    known, asked = where.names(), list(names)
    twice = Counter(each.label for each in where.fields)
    for name in asked:
        if name in known and known[name].readable:
            continue
        column = f"{before}{name}"
        if name in known:
            detail = f"Field {column!r} is of type {known[name].type}, which cannot be mapped."
            yield Check("fields exist", False, detail, "Map another field, or make this one a text or a choice.")
        elif twice[name] > 1:
            ids = ", ".join(each.id for each in where.fields if each.label == name)
            detail = f"Form {where.name!r} has {twice[name]} fields called {name!r}."
            yield Check("fields exist", False, detail, f"Rename one, or map the field by its id: {ids}.")
        else:
            fix = f"Add a field with this label to the form, or change the mapping. {_closest(name, known)}".strip()
            yield Check("fields exist", False, f"Form {where.name!r} has no field {name!r} (column {column!r}).", fix)
    if all(name in known and known[name].readable for name in asked):
        yield Check("fields exist", True, f"All {len(asked)} mapped fields of form {where.name!r} are there.")


def _initial(api: Api, place: Place, columns: Columns) -> Iterator[Check]:
    if place.initial_form is None:
        detail = f"{', '.join(map(repr, columns.initial))}: of which form, no option says."
        yield Check(
            "applicants' form", False, detail, "Set initial_form to the id of the form that applicants fill in."
        )
        return
    yield from _fields(form(api, place.initial_form), columns.initial.values(), INITIAL)


def _key(api: Api, internal: Form, columns: Columns) -> Iterator[Check]:
    field = internal.field(columns.key) if columns.key else None
    if field is None:
        return
    if field.type not in TEXT:
        fix = f"Make {field.label!r} a field of type “Short answer”."
        yield Check("key", False, f"Opportunity ids go into {field.label!r}, a field of type {field.type}.", fix)
        return
    holders: dict[str, list[str]] = {}
    for page in filled.listed(api, internal.id):
        for entry in page:
            value = entry.cells.get(field.id, {}).get("value")
            if value:
                holders.setdefault(str(value), []).append(entry.submission)
    twice = [ids for ids in holders.values() if len(ids) > 1]
    for ids in twice[:5]:
        detail = f"{len(ids)} submissions carry the same key in {field.label!r}: {', '.join(ids[:5])}."
        yield Check("key", False, detail, "Clear the field in the copies, and leave it to the hub alone.")
    if not twice:
        yield Check("key", True, f"Opportunity ids go into {field.label!r}; no two submissions share one.")


def _imports(api: Api, place: Place, internal: Form, columns: Columns) -> Iterator[Check]:
    if place.project is None and place.submitter is None:
        yield Check("import", True, "Off: without project and submitter this connection only shares.")
        return
    if place.project is None or place.submitter is None:
        fix = "Set both project and submitter (or submitter_first_name and submitter_last_name), or none of them."
        what = "submitter" if place.project else "project"
        yield Check("import", False, f"New submissions need a project and a submitter; there is no {what}.", fix)
        return
    found = project(api, place.project)
    if found.internal_form != internal.id:
        fix = f"In project {found.name!r}, choose {internal.name!r} as internal form."
        yield Check("import", False, f"Project {found.name!r} has another internal form, or none.", fix)
        return
    if found.initial_form is None:
        yield Check("import", False, f"Project {found.name!r} has no initial form.", "Give it one, with a title field.")
        return
    arrival = form(api, found.initial_form)
    key = arrival.field(columns.key) if columns.key else None
    if columns.key and (key is None or key.type not in TEXT):
        detail = f"The initial form {arrival.name!r} of project {found.name!r} has no text field {columns.key!r}."
        fix = "Add a short answer field with this label, so that a new submission can be found by it at once."
        yield Check("import", False, detail, fix)
        return
    empty = [each.label or each.id for each in arrival.fields if each.required and each.label not in columns.internal]
    if empty:
        detail = f"The initial form {arrival.name!r} requires what no mapped field fills: {', '.join(empty)}."
        fix = "Make these fields optional, or give them the label of a mapped field of the commons form."
        yield Check("import", False, detail, fix)
        return
    stages = ", ".join(f"{name} ({id})" for id, name in found.stages.items())
    yield Check("import", True, f"New submissions go to project {found.name!r}. Its stages: {stages or 'none'}.")


def _closest(name: str, names: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(names), n=1, cutoff=0.5)
    return f"Closest: {close[0]!r}." if close else ""

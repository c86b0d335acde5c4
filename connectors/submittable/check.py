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
from schemas.said import phrase, together

SKEW = 300.0
"""Seconds by which clocks may differ before it is worth a word."""

KEYS = phrase("In Submittable, under the organisation's settings, make an API key")


def run(api: Api, place: Place, columns: Columns) -> list[Check]:
    """The steps in order; what cannot be tried after a failed step is left out. Never raises."""
    done: list[Check] = []
    try:
        for step in _steps(api, place, columns):
            done.append(step)
    except SignInFailed as error:
        done.append(Check(phrase("sign in"), False, str(error), _other_form(api)))
    except (Forbidden, Invalid) as error:
        fix = phrase(
            "%(keys)s that may do this, or name another form or project in the options; then check again.", keys=KEYS
        )
        done.append(Check(phrase("read"), False, str(error), fix))
    except ConnectorError as error:
        fix = phrase("See to the network, the connection's url or Submittable's status page, then check again.")
        done.append(Check(phrase("reach Submittable"), False, str(error), fix))
    return done


def _steps(api: Api, place: Place, columns: Columns) -> Iterator[Check]:
    yield from _sign_in(api)
    for _ in api.pages("submissions", phrase("Listing submissions"), size=1):
        break
    yield Check(phrase("read submissions"), True, phrase("Submissions can be listed."))
    try:
        internal = form(api, place.internal_form)
    except Forbidden as error:
        yield Check(phrase("commons form"), False, str(error), _forms_there_are(api))
        return
    yield _is_internal(internal)
    yield from _fields(internal, columns.internal, "")
    if columns.initial:
        yield from _initial(api, place, columns)
    yield from _key(api, internal, columns)
    yield from _imports(api, place, internal, columns)
    yield Check(phrase("write"), True, phrase("Whether the key may write only a write can show; nothing was written."))


def _sign_in(api: Api) -> Iterator[Check]:
    answer = api.ask("GET", "organizations/guid")
    if not answer.ok:
        raise SignInFailed(str(errors.error(answer, phrase("Signing in"))))
    yield Check(phrase("sign in"), True, phrase("Signed in, with the key as %(key_as)s.", key_as=api.key_as))
    try:
        theirs = parsedate_to_datetime(answer.headers.get("date", ""))
    except (ValueError, TypeError):
        return
    theirs = theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)
    off = (api.transport.time.now() - theirs).total_seconds()
    fix = phrase("Set the clock of this machine, best by NTP: schedules and dates in the log depend on it.")
    detail = phrase(
        "This machine's clock is %(seconds)s seconds %(way)s Submittable's.",
        seconds=f"{abs(off):.0f}",
        way=phrase("ahead of") if off > 0 else phrase("behind"),
    )
    yield Check(phrase("clock"), abs(off) <= SKEW, detail, fix if abs(off) > SKEW else "")


def _other_form(api: Api) -> str:
    """Vendor pages differ on where the key goes; the other place is tried, so that nobody has to guess."""
    other: KeyAs = "password" if api.key_as == "username" else "username"
    try:
        if api.ask("GET", "organizations/guid", key_as=other).ok:
            return phrase('Set key_as = "%(other)s": this organisation takes the key there.', other=other)
    except ConnectorError:
        pass
    return phrase(
        "%(keys)s, put it where the configuration says, then check again. It was tried as user name and as password.",
        keys=KEYS,
    )


def _forms_there_are(api: Api) -> str:
    fix = phrase(
        "Set internal_form to the id of the internal form with the commons fields, and let the key read forms."
    )
    found: list[str] = []
    try:
        for page in api.pages("forms/metadata", phrase("Listing forms")):
            found += [
                f"{each.get('name')} ({each.get('formId')})"
                for each in page.items
                if isinstance(each, dict) and each.get("formType") == "internal"
            ]
    except ConnectorError:
        return fix
    listing = phrase("There are: %(found)s.", found=", ".join(found[:10])) if found else phrase("There is none yet.")
    return together([fix, listing])


def _is_internal(internal: Form) -> Check:
    if internal.type and internal.type != "internal":
        fix = phrase("Set internal_form to the id of an internal form: applicants must never see what the hub writes.")
        return Check(
            phrase("commons form"),
            False,
            phrase("Form %(name)s is of type %(type)s.", name=repr(internal.name), type=internal.type),
            fix,
        )
    odd = [each.label or each.id for each in internal.fields if each.type not in SENT_BACK]
    if odd:
        told = phrase(
            "Form %(name)s has fields that cannot be sent back as they are: %(odd)s.",
            name=repr(internal.name),
            odd=", ".join(odd),
        )
        fix = phrase("Make an internal form for the commons alone, with text, numbers and choices only.")
        return Check(phrase("commons form"), False, told, fix)
    return Check(
        phrase("commons form"),
        True,
        phrase("Form %(name)s has %(count)s fields.", name=repr(internal.name), count=len(internal.fields)),
    )


def _fields(where: Form, names: Iterable[str], before: str) -> Iterator[Check]:
    known, asked = where.names(), list(names)
    twice = Counter(each.label for each in where.fields)
    for name in asked:
        if name in known and known[name].readable:
            continue
        column = f"{before}{name}"
        if name in known:
            detail = phrase(
                "Field %(column)s is of type %(type)s, which cannot be mapped.",
                column=repr(column),
                type=known[name].type,
            )
            yield Check(
                phrase("fields exist"), False, detail, phrase("Map another field, or make this one a text or a choice.")
            )
        elif twice[name] > 1:
            ids = ", ".join(each.id for each in where.fields if each.label == name)
            detail = phrase(
                "Form %(name)s has %(count)s fields called %(label)s.",
                name=repr(where.name),
                count=twice[name],
                label=repr(name),
            )
            yield Check(
                phrase("fields exist"),
                False,
                detail,
                phrase("Rename one, or map the field by its id: %(ids)s.", ids=ids),
            )
        else:
            fix = together(
                [phrase("Add a field with this label to the form, or change the mapping."), _closest(name, known)]
            )
            yield Check(
                phrase("fields exist"),
                False,
                phrase(
                    "Form %(name)s has no field %(label)s (column %(column)s).",
                    name=repr(where.name),
                    label=repr(name),
                    column=repr(column),
                ),
                fix,
            )
    if all(name in known and known[name].readable for name in asked):
        yield Check(
            phrase("fields exist"),
            True,
            phrase("All %(count)s mapped fields of form %(name)s are there.", count=len(asked), name=repr(where.name)),
        )


def _initial(api: Api, place: Place, columns: Columns) -> Iterator[Check]:
    if place.initial_form is None:
        detail = phrase("%(initial)s: of which form, no option says.", initial=", ".join(map(repr, columns.initial)))
        yield Check(
            phrase("applicants' form"),
            False,
            detail,
            phrase("Set initial_form to the id of the form that applicants fill in."),
        )
        return
    yield from _fields(form(api, place.initial_form), columns.initial.values(), INITIAL)


def _key(api: Api, internal: Form, columns: Columns) -> Iterator[Check]:
    field = internal.field(columns.key) if columns.key else None
    if field is None:
        return
    if field.type not in TEXT:
        fix = phrase("Make %(label)s a field of type “Short answer”.", label=repr(field.label))
        yield Check(
            phrase("key"),
            False,
            phrase(
                "Opportunity ids go into %(label)s, a field of type %(type)s.", label=repr(field.label), type=field.type
            ),
            fix,
        )
        return
    holders: dict[str, list[str]] = {}
    for page in filled.listed(api, internal.id):
        for entry in page:
            value = entry.cells.get(field.id, {}).get("value")
            if value:
                holders.setdefault(str(value), []).append(entry.submission)
    twice = [ids for ids in holders.values() if len(ids) > 1]
    for ids in twice[:5]:
        detail = phrase(
            "%(count)s submissions carry the same key in %(label)s: %(ids)s.",
            count=len(ids),
            label=repr(field.label),
            ids=", ".join(ids[:5]),
        )
        yield Check(
            phrase("key"), False, detail, phrase("Clear the field in the copies, and leave it to the hub alone.")
        )
    if not twice:
        yield Check(
            phrase("key"),
            True,
            phrase("Opportunity ids go into %(label)s; no two submissions share one.", label=repr(field.label)),
        )


def _imports(api: Api, place: Place, internal: Form, columns: Columns) -> Iterator[Check]:
    if place.project is None and place.submitter is None:
        yield Check(phrase("import"), True, phrase("Off: without project and submitter this connection only shares."))
        return
    if place.project is None or place.submitter is None:
        fix = phrase(
            "Set both project and submitter (or submitter_first_name and submitter_last_name), or none of them."
        )
        what = "submitter" if place.project else "project"
        yield Check(
            phrase("import"),
            False,
            phrase("New submissions need a project and a submitter; there is no %(what)s.", what=what),
            fix,
        )
        return
    found = project(api, place.project)
    if found.internal_form != internal.id:
        fix = phrase(
            "In project %(name)s, choose %(form)s as internal form.", name=repr(found.name), form=repr(internal.name)
        )
        yield Check(
            phrase("import"),
            False,
            phrase("Project %(name)s has another internal form, or none.", name=repr(found.name)),
            fix,
        )
        return
    if found.initial_form is None:
        yield Check(
            phrase("import"),
            False,
            phrase("Project %(name)s has no initial form.", name=repr(found.name)),
            phrase("Give it one, with a title field."),
        )
        return
    arrival = form(api, found.initial_form)
    key = arrival.field(columns.key) if columns.key else None
    if columns.key and (key is None or key.type not in TEXT):
        detail = phrase(
            "The initial form %(name)s of project %(project)s has no text field %(key)s.",
            name=repr(arrival.name),
            project=repr(found.name),
            key=repr(columns.key),
        )
        fix = phrase("Add a short answer field with this label, so that a new submission can be found by it at once.")
        yield Check(phrase("import"), False, detail, fix)
        return
    empty = [each.label or each.id for each in arrival.fields if each.required and each.label not in columns.internal]
    if empty:
        detail = phrase(
            "The initial form %(name)s requires what no mapped field fills: %(empty)s.",
            name=repr(arrival.name),
            empty=", ".join(empty),
        )
        fix = phrase("Make these fields optional, or give them the label of a mapped field of the commons form.")
        yield Check(phrase("import"), False, detail, fix)
        return
    stages = ", ".join(f"{name} ({id})" for id, name in found.stages.items())
    yield Check(
        phrase("import"),
        True,
        phrase(
            "New submissions go to project %(name)s. Its stages: %(stages)s.",
            name=repr(found.name),
            stages=stages or phrase("none"),
        ),
    )


def _closest(name: str, names: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(names), n=1, cutoff=0.5)
    return phrase("Closest: %(close)s.", close=repr(close[0])) if close else ""

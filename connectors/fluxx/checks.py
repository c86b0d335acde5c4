"""The connection test: what an administrator has to set up in Fluxx, one step at a time, nothing written."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterator

from connectors.contract import Check, ConnectorError, Field, Forbidden, SignInFailed, Wanted
from connectors.fluxx import fields, filters, rows
from connectors.fluxx.api import Api, Wish
from connectors.fluxx.session import Session

CLOCKS_DIFFER = 120.0
"""Seconds: half of what an index lags, and far more than an answer takes."""

PERMISSION = (
    "In Fluxx, open /oauth/applications as an administrator and give the API key's user a profile that may {} {}."
)
KEY_KINDS = ("key", "integer", "string", "text", "number", "bigint", "unknown")


def run(session: Session, wanted: Wanted, cols: tuple[str, ...]) -> list[Check]:
    """The steps in order; what cannot be tried after a failed step is left out. Never raises."""
    done: list[Check] = []
    try:
        for step in _steps(session, wanted, cols):
            done.append(step)
    except SignInFailed as error:
        fix = "Make an API key at /oauth/applications of the site, put its id and secret in place, then check again."
        done.append(Check("sign in", False, str(error), fix))
    except ConnectorError as error:
        fix = "See to the network and the connection's url (like https://yoursite.fluxx.io), then check again."
        done.append(Check("reach Fluxx", False, str(error), fix))
    return done


def _steps(session: Session, wanted: Wanted, cols: tuple[str, ...]) -> Iterator[Check]:
    api, model = Api(session), wanted.object
    session.sign_in()
    yield Check("sign in", True, f"Signed in at {session.site.url}.")
    yield from _clock(session)
    read = _tried("read records", model, lambda: api.first(model, Wish(("updated_at",), size=1)))
    yield read
    if not read.ok:
        return
    more = frozenset(rows.columns(wanted))
    found: list[Field] = []
    listed = _tried("read fields", "model_attribute", lambda: found.extend(fields.describe(api, model, (), more)))
    if not listed.ok:
        yield listed
        return
    known = {name: Field(name, "unknown") for name in session.site.columns} | {field.name: field for field in found}
    yield from _columns(known, wanted)
    if all(column in known for column in more):
        yield _tried("read all columns", model, lambda: api.first(model, Wish(cols, size=1)))
    yield from _key(api, known, wanted)
    yield from _references(api, wanted)
    yield from _form(api, session, wanted)
    yield Check(
        "write records", True, "Whether the API key's profile may create and change records only a write can show."
    )


def _tried(name: str, model: str, look: object) -> Check:
    try:
        assert callable(look)
        look()
    except Forbidden as error:
        return Check(name, False, str(error), PERMISSION.format("read", model))
    except SignInFailed:
        raise
    except ConnectorError as error:
        if name == "read all columns":
            fix = (
                'The message says which. If it is locked_until or deleted_at, set locked = "write" or deleted = "leave" in '
                "the connection's options; else correct the mapping."
            )
        else:
            fix = f"Check the object's name in the mapping. {PERMISSION.format('read', model)}"
        return Check(name, False, str(error), fix)
    return Check(name, True, f"{model} can be read.")


def _clock(session: Session) -> Iterator[Check]:
    if session.date is None:
        return
    ahead = (session.transport.time.now() - session.date).total_seconds()
    if abs(ahead) <= CLOCKS_DIFFER:
        yield Check("clock", True, "This machine's clock agrees with Fluxx's.")
        return
    direction = "ahead of" if ahead > 0 else "behind"
    detail = f"This machine's clock is {abs(ahead) / 60:.0f} minutes {direction} Fluxx's ({session.date:%Y-%m-%d %H:%M} UTC)."
    fix = "Have this machine set its clock from a time server (NTP). A wrong one misjudges which records are open in Fluxx."
    yield Check("clock", False, detail, fix)


def _columns(known: dict[str, Field], wanted: Wanted) -> Iterator[Check]:
    asked = rows.columns(wanted)
    missing = [name for name in asked if name not in known]
    for name in missing:
        close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
        hint = f" Closest: {close[0]!r}." if close else ""
        fix = (
            "Add a dynamic field of this name to the form, or change the mapping; if it is a core column that the site has, "
            f"name it in the option columns.{hint}"
        )
        yield Check("columns exist", False, f"{wanted.object} has no column {name!r}.", fix)
    if not missing:
        yield Check("columns exist", True, f"All {len(asked)} mapped columns are there.")
    fixed = [name for name in asked if name in known and not known[name].writable]
    if fixed:
        detail = f'Only read: {", ".join(fixed)}. Map them way = "in".'
        yield Check("columns can be written", True, detail)


def _key(api: Api, known: dict[str, Field], wanted: Wanted) -> Iterator[Check]:
    key = wanted.key
    if key is None or key not in known:
        return
    if known[key].type not in KEY_KINDS:
        detail = f"Opportunity numbers go into {key!r}, which is of type {known[key].type}."
        yield Check("key column can hold a number", False, detail, "Take a dynamic field of type integer or string.")
        return
    cols = (key, rows.MIGRATE_SOURCE) if key == rows.MIGRATE else (key,)
    holders: dict[str, set[str]] = defaultdict(set)
    foreign: set[str] = set()
    for listing in api.pages(wanted.object, Wish(cols, filters.filled(key))):
        for row in listing.rows:
            holders[str(row.get(key))].add(str(row["id"]))
            source = row.get(rows.MIGRATE_SOURCE)
            if source and source != api.source:
                foreign.add(str(source))
    twice = {value: sorted(ids) for value, ids in holders.items() if len(ids) > 1}
    for value, ids in list(twice.items())[:5]:
        detail = f"{key} is not unique: records {', '.join(ids)} all carry {value}."
        yield Check(
            "key is unique", False, detail, f"Clear {key} in all but one of them; each number is one opportunity's."
        )
    if not twice:
        yield Check("key is unique", True, f"{len(holders)} records carry a key, each its own.")
    if foreign:
        detail = (
            f"{key} is in use by another migration: {', '.join(sorted(foreign))}. Such records could not be shared."
        )
        fix = (
            'Add a dynamic integer field, say commons_number, and set key = "commons_number" in a mapping of your own.'
        )
        yield Check("key is free", False, detail, fix)


def _references(api: Api, wanted: Wanted) -> Iterator[Check]:
    for column, target in wanted.references.items():
        wish = Wish(target.columns or ("updated_at",), size=1)
        yield _tried(f"reference {column}", target.object, lambda t=target, w=wish: api.first(t.object, w))


def _form(api: Api, session: Session, wanted: Wanted) -> Iterator[Check]:
    theme = session.site.model_theme
    if wanted.object != "grant_request":
        return
    if theme is None:
        detail = "No form is chosen for new records, so the hub will share and change records and create none."
        yield Check("form of new records", True, f"{detail} Set model_theme to let it.")
        return
    fix = "Take the id of a model theme of grant requests: in the admin panel, Grant Request > Themes, or ask Fluxx support."
    try:
        there = api.get("model_theme", str(theme), ("updated_at",), {})
    except ConnectorError as error:
        yield Check("form of new records", False, str(error), f"{fix} {PERMISSION.format('read', 'model_theme')}")
        return
    if there is None:
        yield Check("form of new records", False, f"The site shows no model theme {theme}.", fix)
    else:
        yield Check("form of new records", True, f"New records get the form {theme}.")

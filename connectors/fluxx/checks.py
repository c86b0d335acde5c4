"""The connection test: what an administrator has to set up in Fluxx, one step at a time, nothing written."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterator

from connectors.contract import Check, ConnectorError, Field, Forbidden, SignInFailed, Wanted
from connectors.fluxx import fields, filters, rows
from connectors.fluxx.api import Api, Wish
from connectors.fluxx.session import Session
from schemas.said import phrase, together

CLOCKS_DIFFER = 120.0
"""Seconds: half of what an index lags, and far more than an answer takes."""

KEY_KINDS = ("key", "integer", "string", "text", "number", "bigint", "unknown")


def run(session: Session, wanted: Wanted, cols: tuple[str, ...]) -> list[Check]:
    """The steps in order; what cannot be tried after a failed step is left out. Never raises."""
    done: list[Check] = []
    try:
        for step in _steps(session, wanted, cols):
            done.append(step)
    except SignInFailed as error:
        fix = phrase(
            "Make an API key at /oauth/applications of the site, put its id and secret in place, then check again."
        )
        done.append(Check(phrase("sign in"), False, str(error), fix))
    except ConnectorError as error:
        fix = phrase("See to the network and the connection's url (like https://yoursite.fluxx.io), then check again.")
        done.append(Check(phrase("reach Fluxx"), False, str(error), fix))
    return done


def _steps(session: Session, wanted: Wanted, cols: tuple[str, ...]) -> Iterator[Check]:
    api, model = Api(session), wanted.object
    session.sign_in()
    yield Check(phrase("sign in"), True, phrase("Signed in at %(url)s.", url=session.site.url))
    yield from _clock(session)
    read = _tried(phrase("read records"), model, lambda: api.first(model, Wish(("updated_at",), size=1)))
    yield read
    if not read.ok:
        return
    more = frozenset(rows.columns(wanted))
    found: list[Field] = []
    listed = _tried(
        phrase("read fields"), "model_attribute", lambda: found.extend(fields.describe(api, model, (), more))
    )
    if not listed.ok:
        yield listed
        return
    known = {name: Field(name, "unknown") for name in session.site.columns} | {field.name: field for field in found}
    yield from _columns(known, wanted)
    if all(column in known for column in more):
        yield _tried(phrase("read all columns"), model, lambda: api.first(model, Wish(cols, size=1)))
    yield from _key(api, known, wanted)
    yield from _references(api, wanted)
    yield from _form(api, session, wanted)
    yield Check(
        phrase("write records"),
        True,
        phrase("Whether the API key's profile may create and change records only a write can show."),
    )


def _tried(name: str, model: str, look: object) -> Check:
    try:
        assert callable(look)
        look()
    except Forbidden as error:
        return Check(name, False, str(error), _may_read(model))
    except SignInFailed:
        raise
    except ConnectorError as error:
        if name == "read all columns":
            fix = phrase(
                'The message says which. If it is locked_until or deleted_at, set locked = "write" or deleted = '
                '"leave" in the connection\'s options; else correct the mapping.'
            )
        else:
            fix = together([phrase("Check the object's name in the mapping."), _may_read(model)])
        return Check(name, False, str(error), fix)
    return Check(name, True, phrase("%(model)s can be read.", model=model))


def _clock(session: Session) -> Iterator[Check]:
    if session.date is None:
        return
    ahead = (session.transport.time.now() - session.date).total_seconds()
    if abs(ahead) <= CLOCKS_DIFFER:
        yield Check(phrase("clock"), True, phrase("This machine's clock agrees with Fluxx's."))
        return
    direction = phrase("ahead of") if ahead > 0 else phrase("behind")
    detail = phrase(
        "This machine's clock is %(minutes)s minutes %(way)s Fluxx's (%(moment)s UTC).",
        minutes=f"{abs(ahead) / 60:.0f}",
        way=direction,
        moment=f"{session.date:%Y-%m-%d %H:%M}",
    )
    fix = phrase(
        "Have this machine set its clock from a time server (NTP). A wrong one misjudges which records "
        "are open in Fluxx."
    )
    yield Check(phrase("clock"), False, detail, fix)


def _columns(known: dict[str, Field], wanted: Wanted) -> Iterator[Check]:
    asked = rows.columns(wanted)
    missing = [name for name in asked if name not in known]
    for name in missing:
        close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
        hint = phrase("Closest: %(close)s.", close=repr(close[0])) if close else ""
        fix = together(
            [
                phrase(
                    "Add a dynamic field of this name to the form, or change the mapping; if it is a core column "
                    "that the site has, name it in the option columns."
                ),
                hint,
            ]
        )
        yield Check(
            phrase("columns exist"),
            False,
            phrase("%(object)s has no column %(name)s.", object=wanted.object, name=repr(name)),
            fix,
        )
    if not missing:
        yield Check(phrase("columns exist"), True, phrase("All %(count)s mapped columns are there.", count=len(asked)))
    fixed = [name for name in asked if name in known and not known[name].writable]
    if fixed:
        detail = phrase('Only read: %(fixed)s. Map them way = "in".', fixed=", ".join(fixed))
        yield Check(phrase("columns can be written"), True, detail)


def _key(api: Api, known: dict[str, Field], wanted: Wanted) -> Iterator[Check]:
    key = wanted.key
    if key is None or key not in known:
        return
    if known[key].type not in KEY_KINDS:
        detail = phrase(
            "Opportunity numbers go into %(key)s, which is of type %(type)s.", key=repr(key), type=known[key].type
        )
        yield Check(
            phrase("key column can hold a number"),
            False,
            detail,
            phrase("Take a dynamic field of type integer or string."),
        )
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
        detail = phrase(
            "%(key)s is not unique: records %(ids)s all carry %(value)s.", key=key, ids=", ".join(ids), value=value
        )
        yield Check(
            phrase("key is unique"),
            False,
            detail,
            phrase("Clear %(key)s in all but one of them; each number is one opportunity's.", key=key),
        )
    if not twice:
        yield Check(
            phrase("key is unique"), True, phrase("%(count)s records carry a key, each its own.", count=len(holders))
        )
    if foreign:
        detail = phrase(
            "%(key)s is in use by another migration: %(foreign)s. Such records could not be shared.",
            key=key,
            foreign=", ".join(sorted(foreign)),
        )
        fix = phrase(
            'Add a dynamic integer field, say commons_number, and set key = "commons_number" in a mapping of your own.'
        )
        yield Check(phrase("key is free"), False, detail, fix)


def _references(api: Api, wanted: Wanted) -> Iterator[Check]:
    for column, target in wanted.references.items():
        wish = Wish(target.columns or ("updated_at",), size=1)
        yield _tried(
            phrase("reference %(column)s", column=column),
            target.object,
            lambda t=target, w=wish: api.first(t.object, w),
        )


def _form(api: Api, session: Session, wanted: Wanted) -> Iterator[Check]:
    theme = session.site.model_theme
    if wanted.object != "grant_request":
        return
    if theme is None:
        detail = phrase("No form is chosen for new records, so the hub will share and change records and create none.")
        yield Check(phrase("form of new records"), True, together([detail, phrase("Set model_theme to let it.")]))
        return
    fix = phrase(
        "Take the id of a model theme of grant requests: in the admin panel, Grant Request > Themes, or "
        "ask Fluxx support."
    )
    try:
        there = api.get("model_theme", str(theme), ("updated_at",), {})
    except ConnectorError as error:
        yield Check(phrase("form of new records"), False, str(error), together([fix, _may_read("model_theme")]))
        return
    if there is None:
        yield Check(
            phrase("form of new records"), False, phrase("The site shows no model theme %(theme)s.", theme=theme), fix
        )
    else:
        yield Check(phrase("form of new records"), True, phrase("New records get the form %(theme)s.", theme=theme))


def _may_read(model: str) -> str:
    return phrase(
        "In Fluxx, open /oauth/applications as an administrator and give the API key's user a profile that may read "
        "%(model)s.",
        model=model,
    )

"""The connection test: what an administrator has to set up in Airtable, one step at a time, nothing written."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

from connectors.airtable import rows, schema
from connectors.airtable.api import Api
from connectors.contract import Check, ConnectorError, Forbidden, Invalid, SignInFailed, Wanted
from schemas.said import phrase, together

TOKENS = "https://airtable.com/create/tokens"
MAY_EDIT = ("create", "edit")
PAGES = 50


def run(api: Api, wanted: Wanted) -> list[Check]:
    """The steps in order; what cannot be tried after a failed step is left out. Never raises."""
    done: list[Check] = []
    try:
        for step in _steps(api, wanted):
            done.append(step)
    except SignInFailed as error:
        fix = phrase(
            "Make a token at %(tokens)s, put it where the configuration says, then check again.", tokens=TOKENS
        )
        done.append(Check(phrase("sign in"), False, str(error), fix))
    except ConnectorError as error:
        fix = phrase("See to the network, the connection's url or Airtable's status page, then check again.")
        done.append(Check(phrase("reach Airtable"), False, str(error), fix))
    return done


def _steps(api: Api, wanted: Wanted) -> Iterator[Check]:
    who = api.call("GET", "meta/whoami", phrase("Signing in"))
    yield Check(phrase("sign in"), True, phrase("Signed in as %(id)s.", id=who.get("id") or phrase("an unnamed user")))
    try:
        table = schema.named(found := schema.tables(api), wanted.object)
    except (Forbidden, Invalid) as error:
        fix = phrase(
            "At %(tokens)s give the token the scope schema.bases:read and add base %(base)s to its list.",
            tokens=TOKENS,
            base=api.base,
        )
        yield Check(phrase("see the base"), False, str(error), fix)
        return
    if table is None:
        fix = together(
            [
                phrase("Name the table in the mapping as Airtable does."),
                _closest(wanted.object, (t.name for t in found)),
            ]
        )
        yield Check(
            phrase("see the table"),
            False,
            phrase("Base %(base)s has no table %(object)s.", base=api.base, object=repr(wanted.object)),
            fix,
        )
        return
    yield Check(
        phrase("see the table"),
        True,
        phrase("Table %(name)s has %(count)s columns.", name=repr(table.name), count=len(table.fields)),
    )
    yield from _columns(table, wanted)
    yield from _key(table, wanted)
    yield _may_read(api, table)
    yield _may_write(api)


def _columns(table: schema.Table, wanted: Wanted) -> Iterator[Check]:
    names = [field.name for field in table.fields]
    asked = rows.columns(wanted)
    missing = [name for name in asked if name not in names]
    for name in missing:
        fix = phrase(
            "Add a column of this name, or change the mapping. %(closest)s", closest=_closest(name, names)
        ).strip()
        yield Check(
            phrase("columns exist"),
            False,
            phrase("Table %(table)s has no column %(name)s.", table=repr(table.name), name=repr(name)),
            fix,
        )
    if not missing:
        yield Check(phrase("columns exist"), True, phrase("All %(count)s mapped columns are there.", count=len(asked)))
    computed = [f.name for f in table.fields if not f.writable and f.name in asked and f.name != wanted.key]
    if computed:
        detail = phrase(
            'Airtable computes %(computed)s: map with way = "in", for they are never written.',
            computed=", ".join(map(repr, computed)),
        )
        yield Check(phrase("columns can be written"), True, detail)


def _key(table: schema.Table, wanted: Wanted) -> Iterator[Check]:
    key = table.field(wanted.key) if wanted.key else None
    if key is not None:
        usable = key.type in schema.TEXT
        fix = "" if usable else phrase("Make %(name)s a column of type “Single line text”.", name=repr(key.name))
        yield Check(
            phrase("key column can hold an id"),
            usable,
            phrase("Opportunity ids go into %(name)s (%(type)s).", name=repr(key.name), type=key.type),
            fix,
        )


def _may_read(api: Api, table: schema.Table) -> Check:
    try:
        for _ in api.pages(table.id, [field.name for field in table.fields[:1]], size=1):
            break
    except Forbidden as error:
        fix = phrase(
            "At %(tokens)s give the token the scope data.records:read and add base %(base)s to its list.",
            tokens=TOKENS,
            base=api.base,
        )
        return Check(phrase("read records"), False, str(error), fix)
    return Check(phrase("read records"), True, phrase("Records of %(name)s can be read.", name=repr(table.name)))


def _may_write(api: Api) -> Check:
    try:
        level = _permission(api)
    except Forbidden:
        return Check(
            phrase("write records"), True, phrase("Unknown: the token may not list bases; the first write will tell.")
        )
    if level is None:
        fix = phrase("At %(tokens)s add base %(base)s to the token's list.", tokens=TOKENS, base=api.base)
        return Check(
            phrase("write records"), False, phrase("The token does not list base %(base)s.", base=api.base), fix
        )
    if level not in MAY_EDIT:
        fix = phrase("In Airtable, share the base with the token's user as Editor or Creator.")
        return Check(
            phrase("write records"),
            False,
            phrase("The token's user has the permission %(level)s in this base.", level=repr(level)),
            fix,
        )
    detail = phrase(
        "The user's permission is %(level)s. Whether the token has data.records:write only a write can show.",
        level=repr(level),
    )
    return Check(phrase("write records"), True, detail)


def _permission(api: Api) -> str | None:
    """The user's permission level in the base, ``None`` when the token does not list the base."""
    offset: object = None
    for _ in range(PAGES):
        page = api.call("GET", "meta/bases", phrase("Listing bases"), params={"offset": offset} if offset else None)
        for row in page.get("bases") or ():
            if isinstance(row, dict) and row.get("id") == api.base:
                return str(row.get("permissionLevel"))
        offset = page.get("offset")
        if not offset:
            break
    return None


def _closest(name: str, names: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(names), n=1, cutoff=0.5)
    return phrase("Closest: %(close)s.", close=repr(close[0])) if close else ""

"""The connection test: what an administrator has to set up in Airtable, one step at a time, nothing written."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

from connectors.airtable import rows, schema
from connectors.airtable.api import Api
from connectors.contract import Check, ConnectorError, Forbidden, Invalid, SignInFailed, Wanted

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
        fix = f"Make a token at {TOKENS}, put it where the configuration says, then check again."
        done.append(Check("sign in", False, str(error), fix))
    except ConnectorError as error:
        fix = "See to the network, the connection's url or Airtable's status page, then check again."
        done.append(Check("reach Airtable", False, str(error), fix))
    return done


def _steps(api: Api, wanted: Wanted) -> Iterator[Check]:
    who = api.call("GET", "meta/whoami", "Signing in")
    yield Check("sign in", True, f"Signed in as {who.get('id', 'an unnamed user')}.")
    try:
        table = schema.named(found := schema.tables(api), wanted.object)
    except (Forbidden, Invalid) as error:
        fix = f"At {TOKENS} give the token the scope schema.bases:read and add base {api.base} to its list."
        yield Check("see the base", False, str(error), fix)
        return
    if table is None:
        fix = f"Name the table in the mapping as Airtable does. {_closest(wanted.object, (t.name for t in found))}"
        yield Check("see the table", False, f"Base {api.base} has no table {wanted.object!r}.", fix.strip())
        return
    yield Check("see the table", True, f"Table {table.name!r} has {len(table.fields)} columns.")
    yield from _columns(table, wanted)
    yield from _key(table, wanted)
    yield _may_read(api, table)
    yield _may_write(api)


def _columns(table: schema.Table, wanted: Wanted) -> Iterator[Check]:
    names = [field.name for field in table.fields]
    asked = rows.columns(wanted)
    missing = [name for name in asked if name not in names]
    for name in missing:
        fix = f"Add a column of this name, or change the mapping. {_closest(name, names)}".strip()
        yield Check("columns exist", False, f"Table {table.name!r} has no column {name!r}.", fix)
    if not missing:
        yield Check("columns exist", True, f"All {len(asked)} mapped columns are there.")
    computed = [f.name for f in table.fields if not f.writable and f.name in asked and f.name != wanted.key]
    if computed:
        detail = f'Airtable computes {", ".join(map(repr, computed))}: map with way = "in", for they are never written.'
        yield Check("columns can be written", True, detail)


def _key(table: schema.Table, wanted: Wanted) -> Iterator[Check]:
    key = table.field(wanted.key) if wanted.key else None
    if key is not None:
        usable = key.type in schema.TEXT
        fix = "" if usable else f"Make {key.name!r} a column of type “Single line text”."
        yield Check("key column can hold an id", usable, f"Opportunity ids go into {key.name!r} ({key.type}).", fix)


def _may_read(api: Api, table: schema.Table) -> Check:
    try:
        for _ in api.pages(table.id, [field.name for field in table.fields[:1]], size=1):
            break
    except Forbidden as error:
        fix = f"At {TOKENS} give the token the scope data.records:read and add base {api.base} to its list."
        return Check("read records", False, str(error), fix)
    return Check("read records", True, f"Records of {table.name!r} can be read.")


def _may_write(api: Api) -> Check:
    try:
        level = _permission(api)
    except Forbidden:
        return Check("write records", True, "Unknown: the token may not list bases; the first write will tell.")
    if level is None:
        fix = f"At {TOKENS} add base {api.base} to the token's list."
        return Check("write records", False, f"The token does not list base {api.base}.", fix)
    if level not in MAY_EDIT:
        fix = "In Airtable, share the base with the token's user as Editor or Creator."
        return Check("write records", False, f"The token's user has the permission {level!r} in this base.", fix)
    detail = f"The user's permission is {level!r}. Whether the token has data.records:write only a write can show."
    return Check("write records", True, detail)


def _permission(api: Api) -> str | None:
    """The user's permission level in the base, ``None`` when the token does not list the base."""
    offset: object = None
    for _ in range(PAGES):
        page = api.call("GET", "meta/bases", "Listing bases", params={"offset": offset} if offset else None)
        for row in page.get("bases") or ():
            if isinstance(row, dict) and row.get("id") == api.base:
                return str(row.get("permissionLevel"))
        offset = page.get("offset")
        if not offset:
            break
    return None


def _closest(name: str, names: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(names), n=1, cutoff=0.5)
    return f"Closest: {close[0]!r}." if close else ""

"""The Web API of the stand-in: which address does what, with rights, limits and preconditions.

Sources: Web API, chapters "Perform operations", "Perform conditional operations" and "Service protection API limits".
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from connectors.dataverse import sandbox_batch
from connectors.dataverse.sandbox_batch import Asked, Reply
from connectors.dataverse.sandbox_bodies import etag, meant, parsed, shown
from connectors.dataverse.sandbox_changes import PAGE, Lists
from connectors.dataverse.sandbox_errors import (
    BAD_PROPERTY,
    DOUBLE,
    NO_MEMBER,
    NO_PRIVILEGE,
    NO_SUCH_KEY,
    NOT_THERE,
    TOO_MANY,
    WireError,
    bad,
)
from connectors.dataverse.sandbox_metadata import definition
from connectors.dataverse.sandbox_query import parsed as query_of
from connectors.dataverse.sandbox_query import selected
from connectors.dataverse.sandbox_rows import Environment, Row
from connectors.dataverse.sandbox_tables import TableType
from connectors.transport import dump

WINDOW = 300.0
_ROOT = re.compile(r"/api/data/v9\.\d/")
_ROW = re.compile(r"(\w+)\(([^()]*)\)")
_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_BY_KEY = re.compile(r"(\w+)=('(?:[^']|'')*'|[^,']+)")
_PRIVILEGES = re.compile(r"systemusers\(([^()]+)\)/Microsoft\.Dynamics\.CRM\.RetrieveUserPrivileges(?:\(\))?")
_VERBS = ("Create", "Read", "Write", "Delete", "Append", "AppendTo")
_NAMED = {"systemuser": "User"}
STALE = WireError(412, "", "The version of the existing record doesn't match the RowVersion property provided.")


class Api:
    """``denied`` are privileges, in lower case, that the application user lacks; ``shallow`` those that reach its own
    rows only; ``member`` is false before it was added to the environment. ``most_calls`` in five minutes."""

    def __init__(self, env: Environment, lists: Lists, most_calls: int = 6000) -> None:
        self.env = env
        self.lists = lists
        self.denied: set[str] = set()
        self.shallow: set[str] = set()
        self.member = True
        self.most_calls = most_calls
        self._calls: deque[float] = deque()

    def handle(self, asked: Asked) -> Reply:
        """One request with a good token; a refusal is an answer, too."""
        try:
            self._count()
            return self._handle(asked)
        except WireError as error:
            return Reply(error.status, dump(error.body()), {"Content-Type": _JSON, **error.headers})

    def _count(self) -> None:
        now = self.env.now().timestamp()
        while self._calls and self._calls[0] <= now - WINDOW:
            self._calls.popleft()
        if len(self._calls) >= self.most_calls:
            wait = str(int(self._calls[0] + WINDOW - now) + 1)
            told = f"Number of requests exceeded the limit of {self.most_calls} over time window of 300 seconds."
            raise WireError(429, TOO_MANY, told, {"Retry-After": wait})
        self._calls.append(now)

    def _handle(self, asked: Asked) -> Reply:
        parts = urlsplit(asked.path)
        root = _ROOT.match(parts.path)
        if root is None:
            raise WireError(404, "0x8006088a", f"Resource not found for the segment '{parts.path[:80]}'.")
        if not self.member:
            raise WireError(403, NO_MEMBER, "The user is not a member of the organization.")
        path = unquote(parts.path[root.end() :])
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        if asked.method == "POST" and path == "$batch":
            return sandbox_batch.answered(self.env, asked, self.handle)
        if asked.method == "GET":
            return self._read(asked, path, options, root[0])
        return self._write(asked, path, options, root[0])

    # --- reading

    def _read(self, asked: Asked, path: str, options: dict[str, str], root: str) -> Reply:
        if path in ("WhoAmI", "WhoAmI()"):
            zero = "00000000-0000-0000-0000-000000000001"
            return _json(200, {"BusinessUnitId": zero, "UserId": self.env.user, "OrganizationId": zero})
        if path.startswith("EntityDefinitions"):
            return _json(200, definition(self.env, path, options))
        if found := _PRIVILEGES.fullmatch(path):
            return _json(200, {"RolePrivileges": self._privileges(found[1])})
        table = self.env.of_set(path)
        if table is not None:
            return self._list(asked, table, options, root)
        table, row = self._addressed(path)
        self._need("Read", table)
        if row is None:
            raise _absent(path, table)
        if asked.headers.get("if-none-match") == etag(row):
            return Reply(304, b"", {"ETag": etag(row)})
        told = shown(self.env, table, row, selected(table, options.get("$select")), _annotations(asked))
        return _json(200, {"@odata.context": f"{root}$metadata#{table.set}/$entity", **told}, {"ETag": etag(row)})

    def _list(self, asked: Asked, table: TableType, options: dict[str, str], root: str) -> Reply:
        preferred = asked.headers.get("prefer", "")
        tracked = "odata.track-changes" in preferred
        self._need("Read", table, everybodys=tracked or "$deltatoken" in options)
        size = re.search(r"odata\.maxpagesize=(\d+)", preferred)
        cookie = (
            self.lists.resumed(options["$skiptoken"].removeprefix("<cookie ").removesuffix(">"))
            if "$skiptoken" in options
            else self.lists.begin(table, options, query_of(table, options), tracked)
        )
        address = f"{asked.origin}{root}{table.set}"
        rows, gone, links = self.lists.page(cookie, min(int(size[1]), PAGE) if size else PAGE, address)
        context = f"{root}$metadata#{table.set}"
        annotations = _annotations(asked)
        value = [shown(self.env, table, row, cookie.query.columns, annotations) for row in rows]
        value += [{"@odata.context": f"{context}/$deletedEntity", "id": id, "reason": "deleted"} for id in gone]
        applied = {"Preference-Applied": preferred} if preferred else {}
        return _json(200, {"@odata.context": context, "value": value, **links}, applied)

    def _privileges(self, user: str) -> list[dict[str, Any]]:
        self.env.row("systemuser", user)
        names = [f"prv{verb}{_NAMED.get(table, table)}" for table in self.env.types for verb in _VERBS]
        return [
            {"PrivilegeName": name, "Depth": "Basic" if name.lower() in self.shallow else "Global"}
            for name in names
            if name.lower() not in self.denied
        ]

    # --- writing

    def _write(self, asked: Asked, path: str, options: dict[str, str], root: str) -> Reply:
        whole = "return=representation" in asked.headers.get("prefer", "")
        table = self.env.of_set(path)
        if table is not None and asked.method == "POST":
            self._need("Create", table)
            values = self._values(table, asked)
            return self._done(asked, table, self._inserted(table, values), options, root, 201 if whole else 204)
        table, row = self._addressed(path)
        if asked.method == "DELETE":
            self._need("Delete", table)
            if row is None:
                raise _absent(path, table)
            _need_match(asked, row)
            self.env.delete(table.name, row[table.id])
            return Reply(204, b"", {"OData-Version": "4.0"})
        if asked.method != "PATCH":
            raise WireError(405, "0x80060888", f"The requested resource does not support '{asked.method}'.")
        values = self._values(table, asked)
        if row is None:
            return self._upserted(asked, path, table, values, options, root)
        if asked.headers.get("if-none-match") == "*":
            raise WireError(412, DOUBLE, "A record with matching key values already exists.")
        self._need("Write", table)
        _need_match(asked, row)
        self._refuse_key(path, values)
        self.env.update(table.name, row[table.id], values)
        return self._done(asked, table, row[table.id], options, root, 200 if whole else 204)

    def _upserted(
        self, asked: Asked, path: str, table: TableType, values: dict[str, Any], options: dict[str, str], root: str
    ) -> Reply:
        """A PATCH of what is not there creates it, unless ``If-Match`` says that it must be there."""
        if "if-match" in asked.headers:
            raise _absent(path, table)
        self._need("Create", table)
        self._refuse_key(path, values)
        named = _key_of(path)
        id = None if named else path.partition("(")[2].rstrip(")")
        new = self._inserted(table, {**values, **({named[0]: named[1]} if named else {})}, id)
        whole = "return=representation" in asked.headers.get("prefer", "")
        return self._done(asked, table, new, options, root, 201 if whole else 204)

    def _refuse_key(self, path: str, values: Mapping[str, Any]) -> None:
        named = _key_of(path)
        if named and named[0] in values:
            raise bad(f"The key attribute '{named[0]}' is part of the address and of the body.", BAD_PROPERTY)

    def _values(self, table: TableType, asked: Asked) -> dict[str, Any]:
        if not asked.headers.get("content-type", "").startswith("application/json"):
            raise WireError(415, "0x80060888", "The content type of the request is not supported.")
        values = meant(self.env, table, parsed(asked.body))
        for name, value in values.items():
            if table.columns[name].lookup and value is not None:
                self._need("Append", table)
                self._need("AppendTo", self.env.types[value[0]])
                if value[1].lower() not in self.env.tables[value[0]]:
                    raise WireError(404, NOT_THERE, f"Entity '{value[0]}' With Id = {value[1]} Does Not Exist")
        return values

    def _inserted(self, table: TableType, values: dict[str, Any], id: str | None = None) -> str:
        return self.env.insert(table.name, values, id)

    def _done(self, asked: Asked, table: TableType, id: str, options: dict[str, str], root: str, status: int) -> Reply:
        row = self.env.row(table.name, id)
        where = f"{asked.origin}{root}{table.set}({id})"
        headers = {"OData-EntityId": where, "OData-Version": "4.0"}
        if status == 204:
            return Reply(204, b"", headers)
        told = shown(self.env, table, row, selected(table, options.get("$select")), _annotations(asked))
        body = {"@odata.context": f"{root}$metadata#{table.set}/$entity", **told}
        return _json(status, body, {**headers, "ETag": etag(row), "Preference-Applied": "return=representation"})

    # --- whom, and which row

    def _need(self, verb: str, table: TableType, everybodys: bool = False) -> None:
        name = f"prv{verb}{_NAMED.get(table.name, table.name)}"
        if name.lower() in self.denied or (everybodys and name.lower() in self.shallow):
            told = f"Principal user (Id={self.env.user}, type=8) is missing {name} privilege for the entity '{table.name}'."
            raise WireError(403, NO_PRIVILEGE, told)

    def _addressed(self, path: str) -> tuple[TableType, Row | None]:
        """The row that an address names; None where there is none."""
        found = _ROW.fullmatch(path)
        table = self.env.of_set(found[1]) if found else None
        if found is None or table is None:
            raise WireError(404, "0x8006088a", f"Resource not found for the segment '{path[:80]}'.")
        if _GUID.fullmatch(found[2]):
            return table, self.env.tables[table.name].get(found[2].lower())
        named = _key_of(path)
        active = [key.column for key in self.env.keys.get(table.name, ()) if key.status == "Active"]
        if named is None or named[0] not in active:
            raise bad(f"The specified key properties of '{path[:80]}' are not a key of {table.name}.")
        return table, self.env.with_key(table.name, *named)


_JSON = "application/json; odata.metadata=minimal"


def _json(status: int, body: Any, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(status, dump(body), {"Content-Type": _JSON, "OData-Version": "4.0", **(headers or {})})


def _annotations(asked: Asked) -> str:
    found = re.search(r'odata\.include-annotations="?([^";]*)"?', asked.headers.get("prefer", ""))
    return found[1] if found else ""


def _key_of(path: str) -> tuple[str, str] | None:
    found = _ROW.fullmatch(path)
    named = _BY_KEY.fullmatch(found[2]) if found else None
    if named is None:
        return None
    return named[1], named[2][1:-1].replace("''", "'") if named[2].startswith("'") else named[2]


def _absent(path: str, table: TableType) -> WireError:
    if _key_of(path):
        return WireError(
            404, NO_SUCH_KEY, f"A record with the specified key values does not exist in {table.name} entity"
        )
    id = path.partition("(")[2].rstrip(")")
    return WireError(404, NOT_THERE, f"Entity '{table.name}' With Id = {id} Does Not Exist")


def _need_match(asked: Asked, row: Row) -> None:
    wanted = asked.headers.get("if-match")
    if wanted not in (None, "*", etag(row)):
        raise STALE

"""A declaration drafted from what a system answered: a list, and one record. Every guess is marked as one.

Only names go from the samples into the draft, never a value: samples are somebody's records.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from connectors.rest.dig import MISSING, dig

IDS = ("id", "uuid", "_id", "Id", "ID", "slug", "key")
INSIDE = ("fields", "attributes", "data", "properties")
CHANGED = ("updated_at", "updatedAt", "modified_at", "modifiedAt", "last_modified", "lastModified", "lastModifiedUtc", "modified",
           "modified_date", "updated", "date_updated")  # fmt: skip
VERSIONS = ("version", "etag", "revision", "rev", "_etag", "row_version")
DELETED = ("deleted", "is_deleted", "isDeleted", "_deleted")
TOTALS = ("total", "totalCount", "total_count", "count", "total_results", "totalRecords", "recordCount")
MORE = ("has_more", "hasMore", "hasNextPage", "has_next", "more")
NEXT = ("next_page_url", "next_url", "nextUrl", "next", "nextLink", "@odata.nextLink", "next_cursor", "nextCursor", "cursor",
        "continuationToken", "nextToken", "next_page_token", "nextPageToken")  # fmt: skip
NUMBERS = {
    "current_page": ("page", 1),
    "page": ("page", 1),
    "pageIndex": ("pageIndex", 0),
    "pageNumber": ("pageNumber", 1),
}
OFFSETS = ("offset", "skip", "start")


def draft(listed: Any, single: Any = None, title: str = "Your system") -> str:
    """TOML text. ``ValueError`` where the list has no records to learn from."""
    where, rows = _records(listed)
    row = rows[0]
    inside = next((name for name in INSIDE if isinstance(row.get(name), dict) and row[name]), "")
    id = _id(rows)
    cells = row[inside] if inside else row
    lines = [
        "# Drafted from sample answers. Look at every line that says guess, then: hub connector check FILE",
        f"title = {_text(title)}",
        "",
        "[auth]",
        'kind = "bearer"  # guess: or none, basic, header, oauth2',
        "",
        "[record]",
        f"id = {_text(id)}" + ("  # guess" if id != "id" else ""),
    ]
    lines += [f"fields = {_text(inside)}  # where the columns stand"] if inside else []
    lines += ['nested = "."  # columns within others are called like this: outer.inner'] if _nests(cells) else []
    lines += _marks(row, cells, inside)
    lines += ["", "[list]", 'path = "/records"  # guess: the path that the list came from', f"records = {_text(where)}"]
    lines += _paging(listed, where)
    lines += _feed(row, cells, inside)
    lines += _calls(single, id, inside)
    return "\n".join([*lines, *_columns(rows, inside, id)]) + "\n"


def _records(listed: Any) -> tuple[str, list[dict[str, Any]]]:
    """The outermost list of tables, and the path to it."""
    level: list[tuple[str, Any]] = [("", listed)]
    while level:
        for where, value in level:
            if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
                return where, value
        level = [
            (f"{where}.{name}" if where else name, item)
            for where, value in level
            if isinstance(value, dict)
            for name, item in value.items()
        ]
    raise ValueError("The list has no records in it. Take an answer that shows one at least.")


def _id(rows: list[dict[str, Any]]) -> str:
    named = [name for name in rows[0] if re.search(r"(_id|Id|ID)$", name)]
    for name in (*IDS, *named):
        found = [row.get(name) for row in rows]
        if all(isinstance(each, str | int) and not isinstance(each, bool) for each in found) and len(set(found)) == len(
            rows
        ):
            return name
    return "id"


def _nests(cells: dict[str, Any]) -> bool:
    return any(isinstance(value, dict) and value for value in cells.values())


def _first(names: tuple[str, ...], *places: tuple[str, dict[str, Any]]) -> tuple[str, Any]:
    """The path and value of the first name that is there; "" where none is."""
    for name in names:
        for prefix, table in places:
            if isinstance(table, dict) and table.get(name) is not None:
                return f"{prefix}.{name}" if prefix else name, table[name]
    return "", None


def _marks(row: dict[str, Any], cells: dict[str, Any], inside: str) -> Iterator[str]:
    version, _ = _first(VERSIONS, ("", row), (inside, cells))
    if version:
        yield f"version = {_text(version)}  # guess: does it change with every edit?"
    deleted, value = _first(DELETED, ("", row), (inside, cells))
    if isinstance(value, bool):
        yield f"deleted = {{ field = {_text(deleted)}, equals = true }}  # guess"


def _paging(listed: Any, where: str) -> Iterator[str]:
    outer = dict(_tables(listed)) if isinstance(listed, dict) else {}
    places = [(prefix, table) for prefix, table in outer.items() if not where.startswith(f"{prefix}.") or not prefix]
    total, _ = _first(TOTALS, *((p, {n: v for n, v in t.items() if _is_count(v)}) for p, t in places))
    more, said = _first(MORE, *places)
    extra = (f", total = {_text(total)}" if total else "") + (
        f", more = {_text(more)}" if isinstance(said, bool) else ""
    )
    following, value = _first(NEXT, *places)
    number, _ = _first(tuple(NUMBERS), *places)
    offset, _ = _first(OFFSETS, *places)
    if isinstance(value, str) and re.match(r"https?://|/", value):
        unsteady = ", steady = false" if re.search(r"[?&](page|offset)", value) else ""
        yield f'paging = {{ kind = "link", next = {_text(following)}{extra}{unsteady} }}'
    elif isinstance(value, str | int) and following:
        param = following.rpartition(".")[2]
        yield f'paging = {{ kind = "cursor", next = {_text(following)}, param = {_text(param)}{extra} }}  # guess: param'
    elif number:
        param, first = NUMBERS[number.rpartition(".")[2]]
        yield f'paging = {{ kind = "page", param = "{param}", first = {first}{extra} }}  # guess: param, and a size_param'
    elif offset:
        yield f'paging = {{ kind = "offset", param = "{offset.rpartition(".")[2]}"{extra} }}  # guess: param, and a size_param'
    else:
        yield 'paging = { kind = "none" }  # guess: nothing in the sample leads to a next page; it may be in a header (Link)'


def _tables(listed: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The answer's own table and those directly in it."""
    yield "", listed
    yield from ((name, value) for name, value in listed.items() if isinstance(value, dict))


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _feed(row: dict[str, Any], cells: dict[str, Any], inside: str) -> Iterator[str]:
    changed, value = _first(CHANGED, ("", row), (inside, cells))
    yield ""
    yield "[feed]"
    if not changed:
        yield 'kind = "none"  # guess: no time of change in the sample; the whole list is read and compared'
        return
    yield 'kind = "timestamp"'
    yield f"field = {_text(changed)}"
    yield f'param = "{changed.rpartition(".")[2]}_since"  # guess: the parameter that asks for what changed since'
    yield f'format = "{_form(value)}"'
    yield "trusted = true  # guess: false if an edit can leave it as it was"


def _form(value: Any) -> str:
    if _is_count(value):
        return "unix_ms" if value > 10**11 else "unix"
    text = str(value)
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return "date"
    return "iso" if "T" in text else "space" if text.endswith("Z") else "sql"


def _calls(single: Any, id: str, inside: str) -> Iterator[str]:
    record = ""
    if isinstance(single, dict):
        record = next((p for p, table in _tables(single) if dig(table, id) is not MISSING), "")
    wrap = [f"wrap = {_text('.'.join(filter(None, (record, inside))))}  # guess"] if record or inside else []
    told = [f"record = {_text(record)}"] if record else []
    yield from ["", "[get]", 'path = "/records/{id}"  # guess', *told]
    yield from [
        "",
        "[find]",
        'path = "/records"  # guess',
        'params = { "{column}" = "{key}" }  # guess: how one column is searched for',
    ]
    yield from ["", "[create]", 'method = "POST"', 'path = "/records"  # guess', *wrap, *told]
    yield from ["", "[update]", 'method = "PATCH"  # guess: PUT with whole = true where a change replaces the record']
    yield from ['path = "/records/{id}"  # guess', *wrap, *told, 'guard = "none"  # guess: "etag" if it heeds If-Match']
    yield from [
        "",
        "[errors]",
        'message = ["message", "error"]  # guess',
        "",
        "[limits]",
        "calls = 2  # guess",
        "seconds = 1",
    ]


def _columns(rows: list[dict[str, Any]], inside: str, id: str) -> Iterator[str]:
    types: dict[str, set[str]] = {}
    for row in rows:
        cells = row.get(inside, {}) if inside else row
        for name, value in _flat(cells if isinstance(cells, dict) else {}):
            types.setdefault(name, set()).update(_type(value))
    yield ""
    yield "[columns]"
    for name, found in types.items():
        if name != id or inside:
            guess = "" if len(found) == 1 else "  # guess"
            yield f"{_text(name)} = {{ type = {_text(found.pop() if len(found) == 1 else 'any')} }}{guess}"


def _flat(cells: dict[str, Any], outer: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in cells.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{outer}{name}.")
        else:
            yield f"{outer}{name}", value


def _type(value: Any) -> set[str]:
    if value is None:
        return set()
    kinds = {bool: "yesno", str: "text", int: "number", float: "number", list: "list"}
    return {kinds.get(type(value), "any")}


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)

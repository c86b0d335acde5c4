"""From the tables of a file to what ``Mapping`` runs. All that is wrong is said to the source; nothing raises."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mappings import lenses
from mappings.entry import Entry, entries, of_field
from mappings.fieldmap import FieldMap, Reference
from mappings.finding import nearest
from mappings.lenses import money
from mappings.lenses.choices import values_of
from mappings.lenses.lens import Lens, Raw, Value
from mappings.source import Source
from schemas.fields import FIELDS, UnknownPath, spec
from schemas.said import phrase, together

ANSWERS = ("take_up", "not_for_us")
"""What a person can say to a row of an inbox, by a field of that row."""
READS, WRITES, SEEDS = ("both", "in", "in+once"), ("both", "out"), ("both", "out", "once", "in+once")
_AUDIENCE = re.compile(r"all|(circle|member):\S+")


def compiled(source: Source) -> dict[str, Any] | None:
    """The parts of a ``Mapping``, or None where something is wrong."""
    table = source.table
    _heads(source)
    share, withdrawn = _share(source), _withdrawn(source)
    closed = _tick(source, "closed")
    suggest = _tick(source, "suggest", "word")
    answers = {name: tick for name in ANSWERS if (tick := _tick(source, name))}
    create = _create(source)
    parts, links = _fields(source)
    if withdrawn and "status" not in {part.path for part in parts}:
        parts.append(_marker(withdrawn))
    _once_a_column(source, parts)
    if any(finding.severity == "error" for finding in source.findings):
        return None
    key = table.get("key")
    return {
        "name": source.name,
        "system": table["system"],
        "object": table["object"],
        "kind": table.get("kind", "project"),
        "key": key,
        "id": table.get("id"),
        "digest": _digest(table, parts),
        "fields": tuple(parts),
        "create": create,
        "columns": _columns(key, [share, withdrawn, closed, suggest, *answers.values()], parts),
        "references": {link.column: (link.object, link.columns) for link in links},
        "share": share,
        "withdrawn": withdrawn,
        "closed": closed,
        "answers": answers,
        "suggest": suggest,
        "links": tuple(links),
        "currencies": money.shared((part.entry, part.writes or part.seeds) for part in parts),
    }


def _heads(source: Source) -> None:
    for name in ("system", "object"):
        value = source.table.get(name)
        if not isinstance(value, str) or not value:
            source.say((name,), phrase('"%(key)s" is missing: say %(key)s = "…".', key=name))
    if source.table.get("kind", "project") not in ("project", "call"):
        kind = repr(source.table["kind"])
        source.say(("kind",), phrase('"kind" is %(kind)s. Say "project" or "call".', kind=kind))
    if not isinstance(source.table.get("key", "x"), str):
        source.say(("key",), phrase('"key" is the name of the column that holds the commons id.'))
    if not isinstance(source.table.get("id", "x"), str):
        source.say(("id",), phrase('"id" is the name of the column that tells the rows of a sheet apart.'))
    if not source.table.get("fields"):
        source.say(("fields",), phrase('It maps nothing. Add [fields] with a line like title = "Name".'))


def _share(source: Source) -> Mapping[str, Any] | None:
    share = source.table.get("share")
    if share is None or share == {"always": True}:
        return share
    if not isinstance(share, dict) or not isinstance(share.get("field"), str):
        form = phrase('"share" is { field = "…", equals = true }, or { always = true } for published data.')
        source.say(("share",), form)
        return None
    for key in share.keys() - {"field", "equals", "values"}:
        unknown = phrase('"share" has an unknown key "%(key)s".', key=key)
        source.say(("share",), together([unknown, nearest(key, ("field", "equals", "values"))]))
    values = share.get("values", {})
    if not isinstance(values, dict):
        source.say(("share",), phrase('"share" has values that are no table { "Everyone" = "all" }.'))
        return None
    for audience in values.values():
        if not isinstance(audience, str) or not _AUDIENCE.fullmatch(audience):
            ways = phrase('"share" names %(whom)s. Say "all", "circle:name" or "member:name".', whom=repr(audience))
            source.say(("share",), ways)
    return share


def _withdrawn(source: Source) -> Mapping[str, Any] | None:
    withdrawn = source.table.get("withdrawn")
    if withdrawn is None:
        return None
    if not isinstance(withdrawn, dict) or withdrawn.keys() != {"field", "value"}:
        source.say(("withdrawn",), phrase('"withdrawn" is { field = "…", value = "…" }.'))
        return None
    return withdrawn


def _tick(source: Source, name: str, *texts: str) -> Mapping[str, Any] | None:
    """A field that says yes; ``texts`` may name further columns beside it."""
    tick = source.table.get(name)
    if tick is None:
        return None
    strings = all(isinstance(tick.get(key, ""), str) for key in texts) if isinstance(tick, dict) else False
    if not strings or not isinstance(tick.get("field"), str) or tick.keys() - {"field", "equals", *texts}:
        beside = "".join(f', {key} = "…"' for key in texts)
        form = phrase('"%(key)s" is { field = "…", equals = true%(beside)s }.', key=name, beside=beside)
        source.say((name,), form)
        return None
    return tick


def _create(source: Source) -> dict[str, Any]:
    """Constants of a new record; ``{ user = "importer" }`` with what finds that user filled in, ``{ now = "date" }`` as it is."""
    given = source.table.get("create", {})
    if not isinstance(given, dict):
        source.say(("create",), phrase('"create" is a table: [create], then one line a constant.'))
        return {}
    made: dict[str, Any] = {}
    for column, value in given.items():
        if isinstance(value, dict) and "now" in value:
            if value.keys() != {"now"} or value["now"] not in ("date", "datetime"):
                form = phrase('is the day of creation, { now = "date" }, or its moment, { now = "datetime" }.')
                source.say(("create", column), of_field(column, form))
        elif isinstance(value, dict):
            if value.get("user") != "importer" or value.keys() - {"user", "object", "match"}:
                form = phrase('is a value, { user = "importer" }, or { now = "date" }.')
                source.say(("create", column), of_field(column, form))
            value = {"user": "importer", "object": "User", "match": "Email"} | value
        elif isinstance(value, float):
            source.say(("create", column), of_field(column, phrase("is a number with decimals. Write it as text.")))
        made[column] = value
    return made


def _fields(source: Source) -> tuple[list[FieldMap], list[Reference]]:
    parts: list[FieldMap] = []
    links: list[Reference] = []
    for entry in entries(source):
        found = list(lenses.faults(entry)) if entry.type != "reference" else list(_reference_faults(entry))
        for fault in found:
            source.say(entry.where, of_field(entry.path, fault))
        if found:
            continue
        if entry.type == "reference":
            link = _reference(entry)
            links.append(link)
            parts += [_through(entry, path, lens) for path, lens in link.parts]
        else:
            parts.append(_part(entry, lenses.build(entry)))
    for path in {part.path for part in parts}:
        holders = [part for part in parts if part.path == path]
        if len(holders) > 1:
            source.say(holders[-1].entry.where, of_field(path, phrase("is mapped twice.")))
    return parts, links


def _part(entry: Entry, lens: Lens) -> FieldMap:
    seeds = entry.way in SEEDS and bool(lens.columns)
    writes = entry.way in WRITES and bool(lens.columns)
    return FieldMap(entry.path, lens.columns, entry.way in READS, writes, seeds, lens, entry)


def _marker(withdrawn: Mapping[str, Any]) -> FieldMap:
    column = withdrawn["field"]
    entry = Entry("status", spec("status"), "choice", "out", (column,), {}, ("withdrawn",))
    return _part(entry, lenses.marker(column, withdrawn["value"]))


def _once_a_column(source: Source, parts: list[FieldMap]) -> None:
    """Two fields may read one column; two that write it would undo each other, but for parts of an identifier."""
    writer: dict[str, FieldMap] = {}
    for part in parts:
        if not part.seeds or part.entry.type == "reference" or "prefix" in part.entry.options:
            continue
        for column in part.columns[: 1 if part.entry.type == "money" else None]:
            other = writer.setdefault(column, part)
            if other is not part:
                fault = phrase(
                    'writes column "%(column)s", as "%(other)s" does. Make one of them way = "in".',
                    column=column,
                    other=other.path,
                )
                source.say(part.entry.where, of_field(part.path, fault))


def _reference_faults(entry: Entry) -> Iterator[str]:
    options = entry.options
    if not isinstance(options.get("object"), str):
        yield phrase('is a reference: say the object it points at, like object = "Account".')
    parts = options.get("parts")
    if not isinstance(parts, dict) or not parts or not all(isinstance(column, str) for column in parts.values()):
        yield phrase('is a reference: say what the target holds, like parts = { name = "Name" }.')
        return
    for name in parts:
        try:
            spec(f"{entry.path}.{name}")
        except UnknownPath:
            known = [path.removeprefix(entry.path + ".") for path in FIELDS if path.startswith(entry.path + ".")]
            lacks = phrase('has a part "%(name)s", which the commons does not have.', name=name)
            yield together([lacks, nearest(name, known)])
    match = options.get("match")
    if not isinstance(match, list) or not match:
        yield phrase('is a reference: say how its target is found, like match = ["EIN__c", "Name"].')
        return
    for column in match:
        if column not in parts.values():
            empty = phrase('is found by "%(column)s", which none of its parts fills.', column=column)
            yield together([empty, nearest(str(column), parts.values())])


def _reference(entry: Entry) -> Reference:
    options = entry.options
    parts = []
    for name, column in options["parts"].items():
        path = f"{entry.path}.{name}"
        what = spec(path)
        kind = "country" if what.type == "country" else "text"
        parts.append((path, lenses.build(Entry(path, what, kind, "in", (column,)))))
    columns = dict.fromkeys([*options["match"], *options["parts"].values()])
    return Reference(entry.columns[0], options["object"], tuple(options["match"]), tuple(parts), tuple(columns))


def _through(entry: Entry, path: str, lens: Lens) -> FieldMap:
    """A field of the target, seen from the record. Its column is the one that points there."""
    column = entry.columns[0]

    def get(raw: Raw) -> Value:
        target = raw.get(column)
        if target in (None, ""):
            return None
        if not isinstance(target, dict):
            raise ValueError(
                phrase(
                    "The system named the %(options)s %(target)s but showed nothing of it.",
                    options=entry.options["object"],
                    target=repr(target),
                )
            )
        return lens.get(target)

    through = Lens((column,), get, lambda value, raw: {})
    named = Entry(path, spec(path), "reference", entry.way, entry.columns, entry.options, entry.where)
    return FieldMap(path, (column,), True, False, True, through, named)


def _columns(key: str | None, ticks: Sequence[Mapping[str, Any] | None], parts: list[FieldMap]) -> tuple[str, ...]:
    heads = [key, *((tick or {}).get(name) for tick in ticks for name in ("field", "word"))]
    mapped = [column for part in parts if part.reads or part.writes for column in part.columns]
    return tuple(dict.fromkeys(column for column in [*heads, *mapped] if column))


def _digest(table: Mapping[str, Any], parts: list[FieldMap]) -> str:
    """Of what is said, not of how: comments, order of keys and ``extends`` do not count; labels written out do."""
    labels = {part.path: values_of(part.entry) for part in parts if part.entry.options.get("values") == "labels"}
    said = {key: value for key, value in table.items() if key != "extends"}
    content = json.dumps([said, labels], sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(content.encode()).hexdigest()

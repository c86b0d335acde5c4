"""What is wrong with a mapping file, and what it would lose: by itself, against a system, and on sample records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from mappings.fieldmap import FieldMap
from mappings.finding import Finding, MappingError, Severity, nearest
from mappings.language import Mapping as Compiled
from mappings.language import of
from mappings.lenses.choices import values_of
from mappings.show import show
from mappings.source import Where
from mappings.source import read as read_source
from mappings.trial import trial
from schemas.fields import spec
from schemas.said import phrase, together

__all__ = ["Finding", "Offered", "check", "show"]

Said = tuple[Where, Severity, str]


class Offered(Protocol):
    """A column that a system offers, as a connector's ``describe`` tells it."""

    @property
    def name(self) -> str: ...
    @property
    def writable(self) -> bool: ...
    @property
    def length(self) -> int | None: ...
    @property
    def choices(self) -> Sequence[str]: ...


def check(
    path: str | Path,
    described: Sequence[Offered] | None = None,
    sample: Iterable[dict[str, Any]] | None = None,
    *,
    folders: Sequence[Path] = (),
) -> list[Finding]:
    """All findings of a mapping (by path or name), in the order of the file. A file that cannot be read at all
    is one finding. ``described`` are the columns of the mapped object; ``sample`` raw records of it."""
    try:
        source = read_source(path, folders)
        mapping = of(source)
    except MappingError as error:
        return list(error.findings)
    said = [*_by_itself(mapping)]
    if described is not None:
        said += _against(mapping, {column.name: column for column in described})
    if sample is not None:
        said += trial(mapping, sample)
    found = [source.finding(where, message, severity) for where, severity, message in said]
    return sorted(dict.fromkeys([*source.findings, *found]), key=lambda finding: (finding.file, finding.line))


def _by_itself(mapping: Compiled) -> Iterator[Said]:
    paths = {part.path for part in mapping.fields if part.reads}
    if mapping.share and "title" not in paths:
        yield (
            ("share",),
            "warning",
            phrase("Records are shared, but no field is read into title, which an opportunity needs."),
        )
    if not mapping.key and any(part.writes for part in mapping.fields):
        message = phrase(
            'Fields are written, but there is no "key" column: what the hub creates could not be found again.'
        )
        yield ("fields",), "warning", message
    if mapping.closed and not mapping.share:
        yield (
            ("closed",),
            "warning",
            phrase('It says when a record is over, and without "share" no record is ever shared.'),
        )
    if mapping.share is None and not mapping.answers and any(spec(path).authority == "steward" for path in paths):
        message = phrase('There is no "share": records of this system are never shared, only imports are kept in step.')
        yield ("fields",), "note", message
    for part in mapping.fields:
        what = spec(part.path)
        if mapping.kind not in what.kinds:
            yield (
                part.entry.where,
                "warning",
                phrase(
                    '"%(path)s" belongs to a %(kinds)s; this mapping is for a %(kind)s.',
                    path=part.path,
                    kinds=" and ".join(sorted(what.kinds)),
                    kind=mapping.kind,
                ),
            )
        if part.lens.loses and (part.writes or part.seeds):
            yield (
                part.entry.where,
                "note",
                phrase('"%(path)s" loses %(loses)s on its way out.', path=part.path, loses=part.lens.loses),
            )


def _against(mapping: Compiled, offered: Mapping[str, Offered]) -> Iterator[Said]:
    heads: list[tuple[Where, str | None, bool]] = [
        (("key",), mapping.key, True),
        (("share",), (mapping.share or {}).get("field"), False),
        (("withdrawn",), (mapping.withdrawn or {}).get("field"), True),
        (("closed",), (mapping.closed or {}).get("field"), False),
        *(((name,), tick["field"], False) for name, tick in mapping.answers.items()),
        *((("suggest",), (mapping.suggest or {}).get(key), False) for key in ("field", "word")),
        *((("create", column), column, True) for column in mapping.create),
    ]
    for where, column, writes in heads:
        if column:
            yield from _column(where, phrase('"%(key)s" names', key=where[-1]) if where[0] != "create" else phrase('"create" sets'), column,
                               writes, offered, mapping.object)  # fmt: skip
    yield from _mark(mapping, offered)
    for part in mapping.fields:
        for column in part.columns:
            writes = part.writes or part.seeds
            says = phrase('"%(path)s" maps to', path=part.path)
            yield from _column(part.entry.where, says, column, writes, offered, mapping.object)
        if part.columns and part.columns[0] in offered:
            yield from _values(part, offered[part.columns[0]])
            yield from _length(part, offered[part.columns[0]])


def _column(
    where: Where, says: str, column: str, writes: bool, offered: Mapping[str, Offered], of: str
) -> Iterator[Said]:
    there = offered.get(column)
    if there is None:
        lacks = phrase(
            '%(says)s field "%(column)s", which %(object)s does not have.', says=says, column=column, object=of
        )
        yield where, "error", together([lacks, nearest(column, offered)])
    elif writes and not there.writable:
        yield (
            where,
            "error",
            phrase('%(says)s field "%(column)s", which cannot be written. Use way = "in".', says=says, column=column),
        )


def _mark(mapping: Compiled, offered: Mapping[str, Offered]) -> Iterator[Said]:
    """A withdrawal that cannot be shown would leave others working on what is no longer offered."""
    for column, value in mapping.withdrawn_columns().items():
        choices = offered[column].choices if column in offered else ()
        if choices and str(value) not in choices:
            message = phrase(
                '"withdrawn" writes "%(value)s", which "%(column)s" does not offer.', value=value, column=column
            )
            fix = phrase("Add the choice in the system, or change the value.")
            yield ("withdrawn",), "error", together([message, nearest(str(value), choices), fix])


def _values(part: FieldMap, column: Offered) -> Iterator[Said]:
    """Both ways round: the system's values that have no code, and mapped values that the system does not have."""
    values = values_of(part.entry) if part.entry.type in ("choice", "choices") else None
    if not column.choices or values is None:
        return
    mapped = [str(value) for shown in values.values() for value in shown]
    ignored = [str(value) for value in part.entry.options.get("ignore", ())]
    for value in column.choices:
        if value not in mapped and value not in ignored and part.reads:
            named = {"path": part.path, "value": value, "column": column.name}
            message = (
                phrase('"%(path)s" has no code for "%(value)s" of "%(column)s": such values are set aside.', **named)
                if part.entry.type == "choice"
                else phrase(
                    '"%(path)s" has no code for "%(value)s" of "%(column)s": such values are passed over.', **named
                )
            )
            yield part.entry.where, "warning", message
    written = part.entry.type == "choice" and part.writes
    for value in mapped:
        if value not in column.choices:
            lacks = phrase(
                '"%(path)s" maps "%(value)s", which "%(column)s" lacks.',
                path=part.path,
                value=value,
                column=column.name,
            )
            fix = phrase("Add it there, or map another.")
            message = together([lacks, nearest(value, column.choices), fix])
            yield part.entry.where, "error" if written else "warning", message


def _length(part: FieldMap, column: Offered) -> Iterator[Said]:
    limit = part.entry.options.get("max")
    textual = part.entry.type in ("text", "longtext", "html", "moneys-as-text") and part.entry.spec.type != "int"
    if not column.length or not textual or not (part.writes or part.seeds):
        return
    if limit is None or limit > column.length:
        message = phrase(
            '"%(path)s" may be longer than the %(length)s characters of "%(column)s". Add max = %(length)s.',
            path=part.path,
            length=column.length,
            column=column.name,
        )
        yield part.entry.where, "warning", message

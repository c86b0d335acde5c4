"""The mapping language: one declaration, both ways. A closed table, nothing that computes.

``load`` reads a TOML file into a ``Mapping``; ``Mapping.read`` turns raw columns into commons values,
``Mapping.write`` commons values into the columns that differ.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping as Dict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from mappings.choices import ticked
from mappings.composed import Always, Pointed
from mappings.fieldtypes import Wrong, lens_for
from mappings.lens import Lens, Unholdable, Unreadable, blank
from mappings.positions import positions
from schemas.fields import UnknownPath, spec
from schemas.values import canonical, same

Raw = dict[str, Any]
Value = Any
SHIPPED = Path(__file__).parent
WAYS = ("both", "in", "out", "once", "in+once")
TOP = {"system", "object", "kind", "key", "share", "withdrawn", "create", "fields", "extends", "title"}
_CHECKED = ("places", "country", "documents")


class MappingError(ValueError):
    """A mapping file cannot be used. ``problems``: sentences, each with file and line."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


@dataclass(frozen=True, slots=True)
class Problem:
    """A field that could not be read; it is not among the values."""

    path: str
    column: str
    value: Any
    message: str


@dataclass(frozen=True, slots=True)
class Reading:
    values: dict[str, Value]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class ReferenceWish:
    """What a reference column should point at: found by the first of ``match`` (column, value) that tells."""

    object: str
    match: tuple[tuple[str, str], ...]
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class Writing:
    """``columns`` that differ from the original; ``unholdable``: path to the reason."""

    columns: dict[str, Any]
    unholdable: dict[str, str]
    references: dict[str, ReferenceWish]


@dataclass(frozen=True, slots=True)
class FieldMap:
    """One commons path and its columns. ``reads`` and ``writes`` while linked, ``seeds`` at creation."""

    path: str
    lens: Lens
    reads: bool
    writes: bool
    seeds: bool
    columns: tuple[str, ...]
    checked: bool

    @property
    def way(self) -> str:
        if self.reads:
            return "both" if self.writes else ("in+once" if self.seeds else "in")
        return "out" if self.writes else "once"


@dataclass(frozen=True, slots=True)
class ReferenceMap:
    """A reference column: the object it points at, how its targets are recognised, and path to target column."""

    column: str
    object: str
    match: tuple[str, ...]
    parts: Dict[str, str]


@dataclass(frozen=True)
class Mapping:
    """How one system's records and the commons translate."""

    name: str
    system: str
    object: str
    kind: str
    key: str | None
    fields: tuple[FieldMap, ...]
    create: Dict[str, Any]
    share: Dict[str, Any] | None
    withdrawn: Dict[str, Any] | None
    pointers: tuple[ReferenceMap, ...]
    digest: str
    source: Dict[str, Any] = field(default_factory=dict)
    file: Path | None = None

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Every column to request, in the file's order, each once."""
        first = [self.key, (self.share or {}).get("field"), (self.withdrawn or {}).get("field")]
        rest = [column for part in self.fields for column in part.columns]
        return tuple(dict.fromkeys(column for column in [*first, *rest] if column))

    @cached_property
    def references(self) -> Dict[str, tuple[str, tuple[str, ...]]]:
        """Reference column to the object it points at and the columns wanted of the target."""
        return {p.column: (p.object, tuple(dict.fromkeys([*p.parts.values(), *p.match]))) for p in self.pointers}

    @cached_property
    def _by_path(self) -> dict[str, FieldMap]:
        return {part.path: part for part in self.fields}

    @cached_property
    def _readers(self) -> tuple[FieldMap, ...]:
        return tuple(part for part in self.fields if part.columns or isinstance(part.lens, Always))

    def way(self, path: str) -> FieldMap:
        """The mapping of one path. KeyError where the file does not map it."""
        return self._by_path[path]

    def reduce(self, fields: Dict[str, Any]) -> Raw:
        """Exactly the mapped columns; what the system left out is None."""
        get = fields.get
        return {column: get(column) for column in self.columns}

    def read(self, raw: Dict[str, Any]) -> Reading:
        """Commons values by path. Blank cells are None; a field that cannot be read is a problem, not a value."""
        values: dict[str, Value] = {}
        problems: list[Problem] = []
        for part in self._readers:
            try:
                value = part.lens.read(raw)
                values[part.path] = canonical(part.path, value) if part.checked and value is not None else value
            except (Unreadable, ValueError) as error:
                column = part.columns[0] if part.columns else ""
                problems.append(Problem(part.path, column, raw.get(column), str(error)))
        return Reading(values, tuple(problems))

    def write(self, view: Dict[str, Value], original: Dict[str, Any] | None, *, creating: bool = False) -> Writing:
        """The columns to change so that the record says what the view says.

        A field that already reads so is not touched, whatever its spelling. With ``creating`` the
        fields that are written once are written too, and references are wished for.
        """
        columns: dict[str, Any] = {}
        unholdable: dict[str, str] = {}
        for part in self.fields:
            if not (part.seeds if creating else part.writes):
                continue
            value = view.get(part.path)
            if original is None and blank(value):
                continue
            try:
                if original is not None and _reads_so(part, value, original):
                    continue
                written = part.lens.write(value, original if original is not None else columns or None)
            except Unholdable as error:
                unholdable[part.path] = str(error)
                continue
            columns |= {c: v for c, v in written.items() if original is None or original.get(c) != v}
        return Writing(columns, unholdable, self._wishes(view) if creating else {})

    def _wishes(self, view: Dict[str, Value]) -> dict[str, ReferenceWish]:
        wishes = {}
        for pointer in self.pointers:
            paths = {column: path for path, column in pointer.parts.items()}
            fields = {c: str(view[p]) for p, c in pointer.parts.items() if not blank(view.get(p))}
            match = tuple((c, fields[c]) for c in pointer.match if c in paths and c in fields)
            if match:
                wishes[pointer.column] = ReferenceWish(pointer.object, match, fields)
        return wishes

    def audience(self, raw: Dict[str, Any]) -> str | None:
        """Whom the record is shared with: ``all``, ``circle:name``, ``member:id``, or None for nobody."""
        if self.share is None:
            return None
        if self.share.get("always"):
            return "all"
        cell = raw.get(self.share["field"])
        if "values" in self.share:
            return self.share["values"].get(cell)
        wanted = self.share["equals"]
        return "all" if (ticked(cell) is wanted if isinstance(wanted, bool) else cell == wanted) else None

    def withdrawn_columns(self) -> Raw:
        """What a withdrawn opportunity's records say."""
        return {self.withdrawn["field"]: self.withdrawn["value"]} if self.withdrawn else {}

    def plain_constants(self) -> Raw:
        """Columns of a new record that are always the same."""
        return {column: value for column, value in self.create.items() if not isinstance(value, dict)}

    def people(self) -> dict[str, Raw]:
        """Columns of a new record that name a person: ``{column: {"user", "object", "match"}}``."""
        return {column: value for column, value in self.create.items() if isinstance(value, dict)}


def _reads_so(part: FieldMap, value: Value, original: Dict[str, Any]) -> bool:
    try:
        there = part.lens.read(original)
        there = canonical(part.path, there) if part.checked and there is not None else there
    except ValueError:
        return False
    return same(part.path, there, value)


# --- reading files -----------------------------------------------------------


def find(name_or_path: str | Path, folders: Sequence[Path] = ()) -> Path:
    """The file of a mapping: a path, or a name in these folders or among the shipped ones."""
    path = Path(name_or_path)
    if path.suffix == ".toml":
        if path.is_file():
            return path
    else:
        for folder in (*folders, SHIPPED):
            if (folder / f"{path}.toml").is_file():
                return folder / f"{path}.toml"
    known = sorted(p.stem for f in (*folders, SHIPPED) for p in f.glob("*.toml"))
    raise MappingError([f"There is no mapping {str(name_or_path)!r}. Known: {', '.join(known)}."])


def load(name_or_path: str | Path, folders: Sequence[Path] = ()) -> Mapping:
    """Read a mapping by name or path. Raises ``MappingError`` with every problem and its line."""
    path = find(name_or_path, folders)
    text = path.read_text(encoding="utf-8")
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MappingError([f"{path.name}: this is no TOML: {error}."]) from None
    if "extends" in tree:
        tree = _extended(load(tree["extends"], folders).source, tree)
    return compile_mapping(tree, path.stem, positions(text), path)


def _extended(parent: Dict[str, Any], child: Dict[str, Any]) -> dict[str, Any]:
    """The parent with the child's entries over it; ``false`` takes an entry away. One level."""
    tree = {**parent, **child}
    tree.pop("extends", None)
    for table in ("fields", "create"):
        merged = {**parent.get(table, {}), **child.get(table, {})}
        tree[table] = {key: value for key, value in merged.items() if value is not False}
    return tree


def compile_mapping(
    tree: dict[str, Any], name: str, lines: Dict[tuple[str, ...], int] | None = None, file: Path | None = None
) -> Mapping:
    """A mapping from its parsed tree."""
    lines = lines or {}
    problems: list[str] = []
    where = file.name if file else name

    def wrong(table: str, key: str, message: str) -> None:
        place = tuple(part for part in (table, key) if part)
        line = lines.get(place) or lines.get((table, *key.split("."))) or lines.get((table,)) or 1
        problems.append(f"{where}:{line}: {message}")

    for key in tree.keys() - TOP:
        wrong("", key, f'"{key}" is no setting of a mapping. Known: {", ".join(sorted(TOP))}.')
    for key in ("system", "object", "fields"):
        if key not in tree:
            wrong("", key, f'"{key}" is missing.')
    if tree.get("kind", "project") not in ("project", "call"):
        wrong("", "kind", f'kind is "project" or "call", not {tree["kind"]!r}.')
    _check_share(tree.get("share"), wrong)
    parts: list[FieldMap] = []
    pointers: list[ReferenceMap] = []
    for path, entry in _flattened(tree.get("fields", {})).items():
        entry = {"field": entry} if isinstance(entry, str) else entry
        try:
            if not isinstance(entry, dict):
                raise Wrong(f'"{path}" is mapped to {entry!r}; name a column, or write a table.')
            if entry.get("type") == "reference":
                pointer = _pointer(path, entry)
                pointers.append(pointer)
                parts += [_field(p, Pointed(pointer.column, c), "in+once") for p, c in pointer.parts.items()]
            else:
                spec(path)
                way = entry.get("way", "both")
                if way not in WAYS:
                    raise Wrong(f'"{path}": way is one of {", ".join(WAYS)}, not {way!r}.')
                parts.append(_field(path, lens_for(path, entry), "in" if "always" in entry else way))
        except (Wrong, UnknownPath) as error:
            wrong("fields", path, str(error).strip('"'))
    if problems:
        raise MappingError(problems)
    digest = hashlib.sha256(json.dumps(tree, sort_keys=True, default=str).encode()).hexdigest()
    return Mapping(
        name=name,
        system=tree["system"],
        object=tree["object"],
        kind=tree.get("kind", "project"),
        key=tree.get("key"),
        fields=tuple(parts),
        create=tree.get("create", {}),
        share=tree.get("share"),
        withdrawn=tree.get("withdrawn"),
        pointers=tuple(pointers),
        digest=digest,
        source=tree,
        file=file,
    )


def _flattened(fields: Dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """``ask.requested = …`` without quotes is a nested table in TOML; both spellings mean the path."""
    flat: dict[str, Any] = {}
    for key, entry in fields.items():
        if isinstance(entry, dict) and not _is_entry(entry):
            flat |= _flattened(entry, f"{prefix}{key}.")
        else:
            flat[prefix + key] = entry
    return flat


def _is_entry(entry: Dict[str, Any]) -> bool:
    return not entry or not entry.keys().isdisjoint({"field", "fields", "always", "parts", "type", "way"})


def _field(path: str, lens: Lens, way: str) -> FieldMap:
    reads, writes = way in ("both", "in", "in+once"), way in ("both", "out")
    seeds = writes or way in ("once", "in+once")
    checked = spec(path).type in _CHECKED
    return FieldMap(path, lens, reads, writes, seeds and not isinstance(lens, Pointed), lens.columns, checked)


def _pointer(path: str, entry: Dict[str, Any]) -> ReferenceMap:
    for key in ("field", "object", "match", "parts"):
        if key not in entry:
            raise Wrong(f'"{path}" is a reference and needs "{key}".')
    if entry.get("way", "in+once") != "in+once":
        raise Wrong(f'"{path}": a reference is read, and written once; leave "way" out.')
    parts = {f"{path}.{part}": column for part, column in _flattened_parts(entry["parts"]).items()}
    for part in parts:
        spec(part)
    strangers = [column for column in entry["match"] if column not in parts.values()]
    if strangers:
        raise Wrong(f'"{path}" matches on "{strangers[0]}", which is none of its parts.')
    return ReferenceMap(entry["field"], entry["object"], tuple(entry["match"]), parts)


def _flattened_parts(parts: Dict[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in parts.items():
        flat |= _flattened_parts(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return flat


def _check_share(share: Any, wrong: Any) -> None:
    if share is None:
        return
    forms = isinstance(share, dict) and (
        share.keys() == {"always"} or ("field" in share and ("equals" in share or "values" in share))
    )
    if not forms:
        wrong(
            "", "share", 'share is { field = "…", equals = true }, { field = "…", values = {…} } or { always = true }.'
        )

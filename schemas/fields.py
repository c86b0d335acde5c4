"""The table of all fields by flat path, read off the models. ``organization.identifiers.*`` is keyed:
each element is a path of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Literal

from pydantic import BaseModel

from schemas.candidate import Candidate
from schemas.commitment import Commitment, Represented
from schemas.declared import Authority, Class, Declared, Kind
from schemas.opportunity import Opportunity

_KEYED = {"organization.identifiers": 1, "translations": 2, "extensions": 2}


@dataclass(frozen=True, slots=True)
class FieldSpec:
    path: str
    type: str
    authority: Authority
    cls: Class
    merge: Literal["value", "set"]
    label: str
    kinds: frozenset[Kind]
    codes: str | None


class UnknownPath(KeyError):
    """No field of the vocabulary has this path; ``closest`` is the likeliest meant, or empty."""

    def __init__(self, path: str) -> None:
        self.path = path
        found = get_close_matches(path, FIELDS, n=1, cutoff=0.5)
        self.closest = found[0] if found else ""
        hint = f' Closest: "{self.closest}".' if self.closest else ""
        super().__init__(f'The commons has no field "{path}".{hint}')

    def __str__(self) -> str:
        return str(self.args[0])


def _walk(model: type[BaseModel], prefix: str) -> Iterator[FieldSpec]:
    for name, info in model.model_fields.items():
        path = prefix + name
        declared = next((m for m in info.metadata if isinstance(m, Declared)), None)
        if declared is None:
            assert isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel), path
            yield from _walk(info.annotation, path + ".")
            continue
        yield FieldSpec(
            path + ".*" * _KEYED.get(path, 0),
            declared.type,
            declared.authority,
            declared.cls,
            declared.merge,
            declared.label,
            declared.kinds,
            declared.codes,
        )


FIELDS: Mapping[str, FieldSpec] = {
    field.path: field
    for model, prefix in (
        (Opportunity, ""),
        (Commitment, "commitment."),
        (Represented, "represented."),
        (Candidate, "candidate."),
    )
    for field in _walk(model, prefix)
}


@cache
def spec(path: str) -> FieldSpec:
    """What a path is. Raises ``UnknownPath`` with the closest one."""
    if path in FIELDS:
        return FIELDS[path]
    for stem, depth in _KEYED.items():
        rest = path.removeprefix(stem + ".").split(".", depth - 1)
        if path.startswith(stem + ".") and len(rest) == depth and all(rest):
            return FIELDS[stem + ".*" * depth]
    raise UnknownPath(path)

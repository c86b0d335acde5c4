"""Writes docs/data-sharing.md, who decides and who sees each field, from the models: ``python -m schemas.sharing``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from schemas.declared import Authority, Class
from schemas.fields import FIELDS, FieldSpec

FILE = Path(__file__).parents[1] / "docs" / "data-sharing.md"
SEEN: dict[Class, str] = {
    "public": "whom it is shared with",
    "members": "members it is shared with",
    "never": "nobody else",
}
DECIDES: dict[Authority, str] = {"steward": "its steward", "member": "each member, for itself", "hub": "the hub"}
HEAD = """# Which data goes where

Made from the declarations in `schemas/` by `python -m schemas.sharing`; a test fails when the two differ.

What is not in this table is in no field of the commons: columns that a mapping does not name are not asked for where the system
can leave them out, and dropped before anything is stored or logged where it cannot. A record that is not ticked for sharing is
dropped as soon as its tick is read.

**Who decides**: whose word counts. The steward is the member that shared the opportunity. **Who sees it**: never more than the
audience of the opportunity (everyone in this commons, circles, single members, or nobody while it is a draft). "Public" may
be passed on outside the commons by whoever exports it; the hub itself puts nothing on the open internet: even its CommonGrants API
needs a member's token.

A member's own position (its stage, amount and date) is shown to others only as far as its *visibility* says: hidden (the usual),
counted without a name, or by name. `declined` is shown to nobody whatever it says. Who reads what besides: operators see runs,
counts and errors and no value of a record; conveners see what is shared with their own member.

"""


def text() -> str:
    groups: dict[str, list[FieldSpec]] = {}
    for field in FIELDS.values():
        groups.setdefault(_group(field.path), []).append(field)
    return HEAD + _counts() + "".join(_table(name, fields) for name, fields in groups.items())


def _counts() -> str:
    numbers = {cls: sum(field.cls == cls for field in FIELDS.values()) for cls in SEEN}
    said = ", ".join(f"{number} {cls}" for cls, number in numbers.items())
    return f"{len(FIELDS)} fields: {said}.\n"


def _group(path: str) -> str:
    head = path.partition(".")[0] if "." in path else ""
    return {"": "The opportunity", "commitment": "A member's own position", "represented": "A position told to another hub",
            "candidate": "A row in an inbox"}.get(head, head.replace("_", " ").capitalize())  # fmt: skip


def _table(name: str, fields: list[FieldSpec]) -> str:
    return f"\n## {name}\n\n| field | what it is | who decides | who sees it |\n|---|---|---|---|\n" + "".join(
        _rows(fields)
    )


def _rows(fields: list[FieldSpec]) -> Iterator[str]:
    for field in fields:
        only = "" if len(field.kinds) == 2 else f" ({next(iter(field.kinds))}s only)"
        yield f"| `{field.path}` | {field.label}{only} | {DECIDES[field.authority]} | {field.cls}: {SEEN[field.cls]} |\n"


def main() -> None:
    FILE.write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    main()

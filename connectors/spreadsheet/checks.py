"""What a person is told of a file: the checks of one that can be read, and what hinders its rows."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from connectors.contract import Check, Wanted
from schemas.said import enumerated, phrase


def of_file(file: Path, header: Sequence[str], wanted: Wanted, writable: bool) -> list[Check]:
    done = [Check(phrase("read"), True, phrase("%(name)s: %(count)s columns", name=file.name, count=len(header)))]
    missing = [c for c in wanted.fields if c not in header]
    if wanted.key in missing:
        fix = phrase("Add a column %(key)s, or let the hub add it: writable = true.", key=repr(wanted.key))
        done.append(
            Check(
                phrase("key"),
                writable,
                phrase("%(name)s has no column %(key)s yet.", name=file.name, key=repr(wanted.key)),
                fix,
            )
        )
    others = [c for c in missing if c != wanted.key]
    if others:
        done.append(
            Check(
                phrase("columns"),
                True,
                phrase(
                    "%(name)s lacks %(count)s mapped columns: %(others)s. They stay blank.",
                    name=file.name,
                    count=len(others),
                    others=", ".join(others[:6]),
                ),
            )
        )
    if writable and not os.access(file, os.W_OK):
        done.append(
            Check(
                phrase("write"),
                False,
                phrase("%(name)s may not be written.", name=file.name),
                phrase("Give the hub's user the right to."),
            )
        )
    return done


def shared(id: str, column: str, places: Sequence[object]) -> str:
    return phrase(
        "%(most)s and %(last)s share %(column)s %(id)s. Give each row its own; none of them is used.",
        most=enumerated(str(place) for place in places[:-1]),
        last=places[-1],
        column=column,
        id=repr(id),
    )


def closest(name: str, header: Sequence[str]) -> str:
    from difflib import get_close_matches

    found = get_close_matches(name, header, n=1)
    return phrase("Closest: %(close)s.", close=repr(found[0])) if found else ""

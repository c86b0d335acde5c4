"""The usual mapping of a system, and a draft of one that fits the columns that a system really has."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from difflib import get_close_matches
from typing import Any

import tomlkit

from connectors.contract import ABSENT, Field
from mappings.language import Mapping

USUAL = {"salesforce": "salesforce-outbound-funds", "spreadsheet": "spreadsheet-generic", "rest": "airtable"}
"""Where it has another name than its system. A declared system has none: the columns of the airtable one are as good a start as any."""
NEAR = 0.6
"""How alike two names of columns are, of 1, for one to be guessed to be the other."""
GUESS = "a guess: is it this column?"


def usual(system: str) -> str:
    return USUAL.get(system, system)


def drafted(mapping: Mapping, offered: Sequence[Field]) -> str | None:
    """A file that extends this mapping and says what is called otherwise, each guess marked; None where nothing has to be.

    What the system has no column for that is named alike is taken away, unless the hub can add the column with its first write.
    """
    there = {field.name for field in offered if field.type != ABSENT}
    added = {field.name for field in offered if field.type == ABSENT}
    free = sorted(there - set(mapping.columns))
    if (
        not there
        or set(mapping.columns) <= there
        or (mapping.columns and set(mapping.columns) <= there | added and not free)
    ):
        return None
    guesses = {
        column: near for column in mapping.columns if column not in there for near in [_near(column, free)] if near
    }
    lost = set(mapping.columns) - there - added - guesses.keys()
    if not guesses and not lost:
        return None
    return _written(mapping, guesses, lost)


def _written(mapping: Mapping, guesses: dict[str, str], lost: Collection[str]) -> str:
    document = tomlkit.document()
    document.add(tomlkit.comment(f"Drafted from what the system offers. Lines marked with “{GUESS}” want a look;"))
    document.add(tomlkit.comment(f"`hub mapping show {mapping.name}` tells what stands below."))
    document.add("extends", mapping.name)
    for name in ("key", "share"):
        said = mapping.source.table.get(name)
        if said is not None and (new := _renamed(said, guesses)) != said:
            document.add(name, _item(new, GUESS))
        elif set(_columns(said)) & set(lost):
            document.add(tomlkit.comment(f"{name}: the system has no column {_columns(said)[0]!r} yet. Add it there."))
    fields = tomlkit.table()
    for path, said in mapping.source.table.get("fields", {}).items():
        new = _renamed(said, guesses)
        if set(_columns(said)) & set(lost):
            fields.add(path, _item(False, f"there is no column like {_columns(said)[0]!r}"))
        elif new != said:
            fields.add(path, _item(new, GUESS))
    if fields:
        document.add(tomlkit.nl())
        document.add("fields", fields)
    return tomlkit.dumps(document)


def _item(value: Any, comment: str) -> Any:
    if isinstance(value, dict):
        item: Any = tomlkit.inline_table()
        item.update(value)
    else:
        item = tomlkit.item(value)
    return item.comment(comment)


def _columns(said: Any) -> list[str]:
    """Columns of the mapped object that an entry of a mapping names."""
    if isinstance(said, str):
        return [said]
    if not isinstance(said, dict):
        return []
    own = [said[key] for key in ("field",) if isinstance(said.get(key), str)]
    own += [column for column in said.get("fields", ()) if isinstance(column, str)]
    own += [column for column in said.get("parts", {}).values() if isinstance(column, str)]
    return own + (_columns(said["currency"]) if isinstance(said.get("currency"), dict) else [])


def _renamed(said: Any, guesses: dict[str, str]) -> Any:
    if isinstance(said, str):
        return guesses.get(said, said)
    if not isinstance(said, dict):
        return said
    new = dict(said)
    if isinstance(new.get("field"), str):
        new["field"] = guesses.get(new["field"], new["field"])
    if isinstance(new.get("fields"), list):
        new["fields"] = [guesses.get(column, column) for column in new["fields"]]
    if isinstance(new.get("parts"), dict):
        new["parts"] = {part: guesses.get(column, column) for part, column in new["parts"].items()}
    if isinstance(new.get("currency"), dict):
        new["currency"] = _renamed(new["currency"], guesses)
    return new


def _near(column: str, free: Sequence[str]) -> str | None:
    """The one that is called most alike, whatever its case and its signs, or the only one that has all its words."""
    plain = {_plain(name): name for name in free}
    found = get_close_matches(_plain(column), plain, 1, NEAR)
    if not found:
        words = set(_plain(column).split())
        found = [name for name in plain if words and words <= set(name.split())]
    return plain[found[0]] if len(found) == 1 else None


def _plain(name: str) -> str:
    return re.sub(r"__c$|[\W_]+", " ", name).strip().casefold()

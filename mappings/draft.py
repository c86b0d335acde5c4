"""A mapping drafted from a sheet's column names. Whatever is not plain is marked ``GUESS``, with why; nobody is spared to
read it, and a draft that could not be finished does not pass ``hub mapping check``."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from functools import cache
from typing import Any

from mappings.entry import BY_PATH
from mappings.language import load
from schemas.fields import FIELDS

KNOWN = ("spreadsheet-generic", "360giving", "foundant", "blackbaud-export")
"""Shipped layouts whose names are looked for."""
OTHER_NAMES: Mapping[str, tuple[str, ...]] = {
    "title": ("Project Title", "Project Name", "Opportunity Title", "Grant Title", "Name of project"),
    "summary": ("Description", "Project Summary", "Abstract", "Purpose"),
    "organization.name": ("Recipient", "Organization", "Organization Name", "Grantee", "Applicant", "destOrganization"),
    "organization.identifiers.US-EIN": ("EIN", "Tax ID"),
    "organization.country": ("Country",),
    "organization.website": ("Website", "URL"),
    "ask.requested": ("Amount Requested", "Request Amount", "Ask"),
    "commitment.amount": ("Amount Awarded", "Award Amount", "Grant Amount", "Original Amount", "Amount"),
    "commitment.date": ("Award Date", "Decision Date", "Date Awarded"),
    "period.start": ("Start Date", "Project Start"),
    "period.end": ("End Date", "Project End"),
    "geographies": ("Location", "Places", "Region"),
}
IDS = ("id", "no", "number", "identifier", "reference", "ref", "urn", "grant id", "request id", "refcode")
ENDS = (" id", " no", " number", " ref", " reference")
SHARES = ("share", "shared", "share with commons", "commons share")
CURRENCIES = ("currency", "currency code", "originalcurrency")
SURE, LIKELY = 1.0, 0.78
_DAY = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})")


def draft(file: str, header: int, names: Sequence[str], samples: Sequence[Sequence[Any]]) -> str:
    """TOML. ``samples``: rows below the header, a value a name."""
    by_name = {name: [row[at] for row in samples if row[at] is not None] for at, name in enumerate(names) if name}
    taken: dict[str, str] = {}
    currency = _first(by_name, CURRENCIES)
    id = _numbers(by_name, len(samples))
    share = _first(by_name, SHARES)
    key = _first(by_name, ("commons id",)) or "Commons ID"
    aside = {name for name in (currency, share, key) if name}
    lines: list[str] = []
    for path, name, likeness in _pairs([n for n in by_name if n not in aside]):
        taken[name] = path
        lines += _line(path, name, likeness, by_name[name], currency)
    rest = [name for name in by_name if name not in taken and name not in aside and name != id]
    return "\n".join([
        f"# Drafted from {file}, whose column names stand in row {header}. Read each line; those marked GUESS are likenesses",
        "# of names and nothing more. What the file does not name is never read.",
        "",
        'system = "spreadsheet"',
        'object = "rows"',
        'kind   = "project"',
        f"key    = {_text(key)}{'' if key in by_name else '   # a column to add: it says which project of the commons a row is'}",
        *_id(id, by_name, len(samples)),
        *_share(share),
        "",
        "[fields]",
        *(lines or ["# Nothing was recognised."]),
        *([] if "title" in taken.values() else ['# GUESS: nothing looks like a title, and no row can be shared without one.', '# title = "…"']),
        "",
        *(["# Not mapped, so never read:"] if rest else []),
        *[f"#   {_text(name)}" for name in rest],
        "",
    ])  # fmt: skip


def plain(name: str) -> str:
    """Words in small letters: ``Award_Amount`` and ``awardAmount`` are "award amount"."""
    parted = re.sub(r"([a-z])([A-Z])", r"\1 \2", name).replace("_", " ").replace(":", " ")
    return " ".join(parted.casefold().split()).rstrip("* ")


def known_names() -> list[str]:
    """Every column name that is known for some field, as it is usually written."""
    shipped = [part.columns[0] for layout in KNOWN for part in load(layout).fields if part.columns]
    return list(dict.fromkeys([*shipped, *(name for names in OTHER_NAMES.values() for name in names)]))


@cache
def _names() -> dict[str, dict[str, None]]:
    known: dict[str, dict[str, None]] = {}
    for layout in KNOWN:
        for part in load(layout).fields:
            if len(part.columns) and part.reads and not part.path.startswith("extensions."):
                known.setdefault(part.path, {})[plain(part.columns[0])] = None
    for path, names in OTHER_NAMES.items():
        known.setdefault(path, {}).update(dict.fromkeys(map(plain, names)))
    return known


def _pairs(names: Sequence[str]) -> list[tuple[str, str, float]]:
    """Each path and each name once, the likest first; in the order of the vocabulary."""
    ranked = sorted(
        ((_likeness(plain(name), known), path, name) for path, known in _names().items() for name in names),
        key=lambda one: (-one[0], one[1], names.index(one[2])),
    )
    found: dict[str, tuple[str, float]] = {}
    for likeness, path, name in ranked:
        if likeness >= LIKELY and path not in found and name not in {n for n, _ in found.values()}:
            found[path] = (name, likeness)
    return [(path, *found[path]) for path in _names() if path in found]


def _likeness(name: str, known: Mapping[str, None]) -> float:
    return max(SequenceMatcher(None, name, one).ratio() for one in known)


def _line(path: str, name: str, likeness: float, values: Sequence[Any], currency: str | None) -> list[str]:
    said: list[str] = []
    if likeness < SURE:
        said.append(f"{likeness:.0%} like a name that is known for it")
    options: dict[str, str] = {"field": _text(name)}
    what = FIELDS[path].type if path in FIELDS else "text"
    if what == "money":
        options["currency"] = f"{{ field = {_text(currency)} }}" if currency else '"USD"'
        if not currency:
            said.append("no column names the currency: say which it is")
    if what == "when":
        options |= _when(values, said)
    if what in ("code", "codes") and "choice" in BY_PATH[what][0]:
        options["values"] = '"labels"'
        said.append("its values are taken to be the commons' own labels")
        if what == "codes":
            options["separator"] = '"; "'
    if what == "places":
        options["separator"] = '"; "'
    if path.startswith("organization.identifiers."):
        options["prefix"] = _text(path.rpartition(".")[2] + "-")
    if path.startswith("commitment.") and path != "commitment.visibility":
        options["way"] = '"in"'
    shown = options["field"] if len(options) == 1 else "{ " + ", ".join(f"{k} = {v}" for k, v in options.items()) + " }"
    guess = [f"# GUESS: {'; '.join(said)}."] if said else []
    return [*guess, f"{_path(path)} = {shown}"]


def _when(values: Sequence[Any], said: list[str]) -> dict[str, str]:
    days = [found for value in values for found in [_DAY.fullmatch(str(value).strip())] if found]
    if not days:
        return {"type": '"text"'}
    mark = days[0][2]
    first, second = max(int(day[1]) for day in days), max(int(day[3]) for day in days)
    day_first = first > 12 or second <= 12
    if first <= 12 and second <= 12:
        said.append("whether the day or the month comes first cannot be seen from these rows")
    form = f"%d{mark}%m{mark}%Y" if day_first else f"%m{mark}%d{mark}%Y"
    return {"type": '"date"', "format": _text(form)}


def _id(id: str | None, by_name: Mapping[str, Sequence[Any]], rows: int) -> list[str]:
    if id is None:
        return [
            '# id = "…"   # no column looks like a number of its own; rows are told apart by title and organisation'
        ]
    guess = (
        ""
        if _tells_apart(by_name[id], rows)
        else "   # GUESS: it is blank or the same in several rows, which are refused"
    )
    return [f"id     = {_text(id)}{guess}"]


def _share(share: str | None) -> list[str]:
    note = "" if share else "   # a column to add, or say it when you bring the sheet"
    return [
        f'share  = {{ field = {_text(share or "Share")}, equals = ["Yes", "yes", "YES", "TRUE", "true", "x", "X", true] }}{note}'
    ]


def _numbers(by_name: Mapping[str, Sequence[Any]], rows: int) -> str | None:
    """The column with each row's own number: by its name, better where the rows bear it out."""
    apart = [name for name, values in by_name.items() if _tells_apart(values, rows)]
    named = [name for name in by_name if plain(name) in IDS]
    known = {one for names in _names().values() for one in names}
    ending = [name for name in apart if plain(name).endswith(ENDS) and plain(name) not in known]
    return next(iter([*(name for name in named if name in apart), *ending, *named]), None)


def _first(by_name: Mapping[str, Any], names: Sequence[str]) -> str | None:
    return next((name for name in by_name if plain(name) in names), None)


def _tells_apart(values: Sequence[Any], rows: int) -> bool:
    return len(values) == rows and len({str(value) for value in values}) == rows


def _text(value: str) -> str:
    """A TOML basic string; JSON's escapes are TOML's."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _path(path: str) -> str:
    return path if re.fullmatch(r"\w+", path) else _text(path)

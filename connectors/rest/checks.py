"""The connection test of a declared system: what can be seen without writing anything."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator

from connectors.contract import Check, ConnectorError, Field, SignInFailed, Unavailable
from connectors.rest.api import Api
from connectors.rest.looking import Looking
from connectors.rest.promises import promises
from connectors.rest.rows import Rows

NOBODY = "commons-hub-check-0000000000"
NUMBER = "9007199254740991"
"""Keys that no record has."""


def run(api: Api, rows: Rows, looking: Looking, describe: Callable[[], list[Field]]) -> list[Check]:
    """The steps in order; what cannot be tried after a failed step is left out. Never raises."""
    done: list[Check] = []
    try:
        for step in _steps(api, rows, looking, describe):
            done.append(step)
    except SignInFailed as error:
        done.append(Check("sign in", False, str(error), "See to the credentials in the connection's options."))
    except Unavailable as error:
        done.append(
            Check(
                "reach the system",
                False,
                str(error),
                "See to the url option, the network and [list] of the declaration.",
            )
        )
    except ConnectorError as error:
        done.append(Check("read", False, str(error), "See to the declaration's paths and to what the credentials may."))
    return done


def _steps(api: Api, rows: Rows, looking: Looking, describe: Callable[[], list[Field]]) -> Iterator[Check]:
    declaration = api.declaration
    sheet = next(iter(looking.turner(declaration.list, f"Listing {rows.wanted.object!r}", {}).sheets()))
    yield Check("read records", True, f"{declaration.title} shows {len(sheet.rows)} records on its first page.")
    strange = [row for row in sheet.rows if rows.record(row) is None and not rows.is_gone(row)]
    if strange:
        where = f"{len(strange)} of {len(sheet.rows)} rows have no id at {declaration.record.id!r}, or no columns."
        yield Check("read records", False, where, "See to [record] id and fields, and to [list] records.")
        return
    names = [field.name for field in describe()]
    lacking = [name for name in rows.columns if name not in names]
    for name in lacking:
        close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
        fix = "Add it there, or change the mapping." + (f" Closest: {close[0]!r}." if close else "")
        yield Check("columns exist", False, f"{rows.wanted.object!r} has no column {name!r}.", fix)
    if not lacking:
        yield Check("columns exist", True, f"All {len(rows.columns)} mapped columns are there.")
    if rows.wanted.key:
        found = looking.find(NUMBER if declaration.record.key == "integer" else NOBODY)
        detail = f"Searching {rows.wanted.key!r} for a key that nobody has finds {len(found)} records."
        yield Check("find by key", not found, detail, "See to [find]." if found else "")
    yield from (Check("promises", True, sentence) for sentence in promises(declaration))

"""The connection test of a declared system: what can be seen without writing anything."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator

from connectors.contract import Check, ConnectorError, Field, SignInFailed, Unavailable
from connectors.rest.api import Api
from connectors.rest.looking import Looking
from connectors.rest.promises import promises
from connectors.rest.rows import Rows
from schemas.said import phrase, together

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
        done.append(
            Check(phrase("sign in"), False, str(error), phrase("See to the credentials in the connection's options."))
        )
    except Unavailable as error:
        done.append(
            Check(
                phrase("reach the system"),
                False,
                str(error),
                phrase("See to the url option, the network and [list] of the declaration."),
            )
        )
    except ConnectorError as error:
        done.append(
            Check(
                phrase("read"),
                False,
                str(error),
                phrase("See to the declaration's paths and to what the credentials may."),
            )
        )
    return done


def _steps(api: Api, rows: Rows, looking: Looking, describe: Callable[[], list[Field]]) -> Iterator[Check]:
    declaration = api.declaration
    sheet = next(
        iter(
            looking.turner(declaration.list, phrase("Listing %(object)s", object=repr(rows.wanted.object)), {}).sheets()
        )
    )
    yield Check(
        phrase("read records"),
        True,
        phrase("%(title)s shows %(count)s records on its first page.", title=declaration.title, count=len(sheet.rows)),
    )
    strange = [row for row in sheet.rows if rows.record(row) is None and not rows.is_gone(row)]
    if strange:
        where = phrase(
            "%(strange)s of %(count)s rows have no id at %(id)s, or no columns.",
            strange=len(strange),
            count=len(sheet.rows),
            id=repr(declaration.record.id),
        )
        yield Check(
            phrase("read records"), False, where, phrase("See to [record] id and fields, and to [list] records.")
        )
        return
    names = [field.name for field in describe()]
    lacking = [name for name in rows.columns if name not in names]
    for name in lacking:
        close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
        fix = together(
            [
                phrase("Add it there, or change the mapping."),
                phrase("Closest: %(close)s.", close=repr(close[0])) if close else "",
            ]
        )
        yield Check(
            phrase("columns exist"),
            False,
            phrase("%(object)s has no column %(name)s.", object=repr(rows.wanted.object), name=repr(name)),
            fix,
        )
    if not lacking:
        yield Check(
            phrase("columns exist"), True, phrase("All %(count)s mapped columns are there.", count=len(rows.columns))
        )
    if rows.wanted.key:
        found = looking.find(NUMBER if declaration.record.key == "integer" else NOBODY)
        detail = phrase(
            "Searching %(key)s for a key that nobody has finds %(count)s records.",
            key=repr(rows.wanted.key),
            count=len(found),
        )
        yield Check(phrase("find by key"), not found, detail, phrase("See to [find].") if found else "")
    yield from (Check(phrase("promises"), True, sentence) for sentence in promises(declaration))

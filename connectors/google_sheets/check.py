"""The connection test: what an administrator has to set up at Google, one step at a time, nothing written."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from connectors.contract import Check, ConnectorError, Forbidden, Invalid, SignInFailed, Wanted
from connectors.google_sheets import table
from connectors.google_sheets.api import Api
from connectors.google_sheets.table import Header, Place

KEYS = "In the Google Cloud console: IAM & Admin, Service accounts, Keys, Add key, JSON. Then check again."


def run(api: Api, place: Place, wanted: Wanted, id: str, *, writes: bool) -> list[Check]:
    """The steps in order; what cannot be tried after a failed step is left out. Never raises."""
    done: list[Check] = []
    try:
        for step in _steps(api, place, wanted, id, writes):
            done.append(step)
    except SignInFailed as error:
        done.append(Check("sign in", False, str(error), KEYS))
    except Forbidden as error:
        fix = f"Open the spreadsheet, press Share and add {api.who.email} as {'Editor' if writes else 'Viewer'}."
        done.append(Check("see the spreadsheet", False, str(error), fix))
    except Invalid as error:
        done.append(Check("name the columns", False, str(error), "Put that right in the sheet, then check again."))
    except ConnectorError as error:
        fix = "See to the network or the connection's url, then check again."
        done.append(Check("reach Google", False, str(error), fix))
    return done


def _steps(api: Api, place: Place, wanted: Wanted, id: str, writes: bool) -> Iterator[Check]:
    tabs = api.tabs()
    yield Check("see the spreadsheet", True, f"{api.who.email} sees {len(tabs)} tab(s).")
    if place.tab not in tabs:
        close = get_close_matches(place.tab, tabs, n=1, cutoff=0.5)
        fix = f"Name it in the option sheet. Closest: {close[0]!r}." if close else f"There are: {', '.join(tabs)}."
        yield Check("see the tab", False, f"There is no tab {place.tab!r}.", fix)
        return
    header = table.header(api, place)
    yield Check("see the tab", True, f"{place.row(place.top)} names {len(header.columns)} columns.")
    yield from _columns(place, header, wanted, id, writes)
    if any(step.ok is False for step in _columns(place, header, wanted, id, writes)) or id not in header.columns:
        return
    look = table.look(api, header, place, id, (id,))
    yield Check("read", True, f"{len(look.rows)} rows can be read.")
    shared = [(text, rows) for text, rows in look.ids.items() if len(rows) > 1]
    for text, rows in shared[:3]:
        numbers = ", ".join(str(row.number) for row in rows)
        fix = "Give each row its own; until then none of them is used."
        yield Check("rows have ids", False, f"Rows {numbers} share {id} {text!r}.", fix)
    if writes:
        yield Check("write", True, f"Only a write can show whether {api.who.email} is an Editor of the spreadsheet.")


def _columns(place: Place, header: Header, wanted: Wanted, id: str, writes: bool) -> Iterator[Check]:
    missing = [name for name in dict.fromkeys((id, *wanted.fields)) if name not in header.columns]
    if wanted.key in missing:
        detail = f"Tab {place.tab!r} has no column {wanted.key!r} yet."
        fix = f"Add a column {wanted.key!r} to row {place.top}, or let the hub add it: writable = true."
        yield Check("key", writes, detail + (" The first write adds it." if writes else ""), fix)
    if id in missing and id != wanted.key:
        close = get_close_matches(id, list(header.columns), n=1)
        fix = f"Add it to row {place.top}, or name another column in the option id." + (
            f" Closest: {close[0]!r}." if close else ""
        )
        yield Check("rows have ids", False, f"Tab {place.tab!r} has no column {id!r}, which tells its rows apart.", fix)
    others = [name for name in missing if name not in (id, wanted.key)]
    if others:
        shown = ", ".join(others[:6])
        detail = (
            f"Tab {place.tab!r} lacks {len(others)} mapped columns: {shown}. They read as blank; a write adds them."
        )
        yield Check("columns", True, detail)

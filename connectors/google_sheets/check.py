"""The connection test: what an administrator has to set up at Google, one step at a time, nothing written."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from connectors.contract import Check, ConnectorError, Forbidden, Invalid, SignInFailed, Wanted
from connectors.google_sheets import table
from connectors.google_sheets.api import Api
from connectors.google_sheets.table import Header, Place
from schemas.said import phrase, together

KEYS = phrase("In the Google Cloud console: IAM & Admin, Service accounts, Keys, Add key, JSON. Then check again.")


def run(api: Api, place: Place, wanted: Wanted, id: str, *, writes: bool) -> list[Check]:
    """The steps in order; what cannot be tried after a failed step is left out. Never raises."""
    done: list[Check] = []
    try:
        for step in _steps(api, place, wanted, id, writes):
            done.append(step)
    except SignInFailed as error:
        done.append(Check(phrase("sign in"), False, str(error), KEYS))
    except Forbidden as error:
        fix = phrase(
            "Open the spreadsheet, press Share and add %(email)s as %(role)s.",
            email=api.who.email,
            role="Editor" if writes else "Viewer",
        )
        done.append(Check(phrase("see the spreadsheet"), False, str(error), fix))
    except Invalid as error:
        done.append(
            Check(
                phrase("name the columns"), False, str(error), phrase("Put that right in the sheet, then check again.")
            )
        )
    except ConnectorError as error:
        fix = phrase("See to the network or the connection's url, then check again.")
        done.append(Check(phrase("reach Google"), False, str(error), fix))
    return done


def _steps(api: Api, place: Place, wanted: Wanted, id: str, writes: bool) -> Iterator[Check]:
    tabs = api.tabs()
    yield Check(
        phrase("see the spreadsheet"),
        True,
        phrase("%(email)s sees %(count)s tab(s).", email=api.who.email, count=len(tabs)),
    )
    if place.tab not in tabs:
        close = get_close_matches(place.tab, tabs, n=1, cutoff=0.5)
        fix = (
            phrase("Name it in the option sheet. Closest: %(close)s.", close=repr(close[0]))
            if close
            else phrase("There are: %(tabs)s.", tabs=", ".join(tabs))
        )
        yield Check(phrase("see the tab"), False, phrase("There is no tab %(tab)s.", tab=repr(place.tab)), fix)
        return
    header = table.header(api, place)
    yield Check(
        phrase("see the tab"),
        True,
        phrase("%(row)s names %(count)s columns.", row=place.row(place.top), count=len(header.columns)),
    )
    yield from _columns(place, header, wanted, id, writes)
    if any(step.ok is False for step in _columns(place, header, wanted, id, writes)) or id not in header.columns:
        return
    look = table.look(api, header, place, id, (id,))
    yield Check(phrase("read"), True, phrase("%(count)s rows can be read.", count=len(look.rows)))
    shared = [(text, rows) for text, rows in look.ids.items() if len(rows) > 1]
    for text, rows in shared[:3]:
        numbers = ", ".join(str(row.number) for row in rows)
        fix = phrase("Give each row its own; until then none of them is used.")
        yield Check(
            phrase("rows have ids"),
            False,
            phrase("Rows %(numbers)s share %(id)s %(text)s.", numbers=numbers, id=id, text=repr(text)),
            fix,
        )
    if writes:
        yield Check(
            phrase("write"),
            True,
            phrase("Only a write can show whether %(email)s is an Editor of the spreadsheet.", email=api.who.email),
        )


def _columns(place: Place, header: Header, wanted: Wanted, id: str, writes: bool) -> Iterator[Check]:
    missing = [name for name in dict.fromkeys((id, *wanted.fields)) if name not in header.columns]
    if wanted.key in missing:
        detail = phrase("Tab %(tab)s has no column %(key)s yet.", tab=repr(place.tab), key=repr(wanted.key))
        fix = phrase(
            "Add a column %(key)s to row %(top)s, or let the hub add it: writable = true.",
            key=repr(wanted.key),
            top=place.top,
        )
        yield Check(
            phrase("key"), writes, together([detail, phrase("The first write adds it.") if writes else ""]), fix
        )
    if id in missing and id != wanted.key:
        close = get_close_matches(id, list(header.columns), n=1)
        fix = together(
            [
                phrase("Add it to row %(top)s, or name another column in the option id.", top=place.top),
                phrase("Closest: %(close)s.", close=repr(close[0])) if close else "",
            ]
        )
        yield Check(
            phrase("rows have ids"),
            False,
            phrase("Tab %(tab)s has no column %(id)s, which tells its rows apart.", tab=repr(place.tab), id=repr(id)),
            fix,
        )
    others = [name for name in missing if name not in (id, wanted.key)]
    if others:
        shown = ", ".join(others[:6])
        detail = phrase(
            "Tab %(tab)s lacks %(count)s mapped columns: %(shown)s. They read as blank; a write adds them.",
            tab=repr(place.tab),
            count=len(others),
            shown=shown,
        )
        yield Check(phrase("columns"), True, detail)

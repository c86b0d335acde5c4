"""The connection test: what a publisher's API does and what the hub can therefore promise, one step at a time."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from itertools import pairwise
from typing import Any

from connectors.commongrants import columns, errors
from connectors.commongrants.api import Api, Listing
from connectors.commongrants.position import moment
from connectors.commongrants.scan import is_row
from connectors.contract import Check, ConnectorError, Forbidden, Invalid, SignInFailed, Wanted
from schemas.said import phrase, together


def run(api: Api, wanted: Wanted, size: int) -> list[Check]:
    """The steps in order; what cannot be tried after a failed step is left out. Never raises."""
    done: list[Check] = []
    try:
        for step in _steps(api, wanted, size):
            done.append(step)
    except SignInFailed as error:
        fix = phrase("Ask the publisher for an API key, put it where the option key says, then check again.")
        done.append(Check(phrase("sign in"), False, str(error), fix))
    except (Forbidden, Invalid) as error:
        fix = phrase("Compare the option url with the publisher's documentation, and ask it whether this key may read.")
        done.append(Check(phrase("read calls"), False, str(error), fix))
    except ConnectorError as error:
        fix = phrase("See to the network, the connection's url or the publisher's status page, then check again.")
        done.append(Check(phrase("reach the publisher"), False, str(error), fix))
    return done


def _steps(api: Api, wanted: Wanted, size: int) -> Iterator[Check]:
    newest = next(api.pages(size))
    how = phrase("with the key") if api.signs_in else phrase("without a key")
    yield Check(
        phrase("read calls"),
        True,
        phrase("The list answers, %(how)s: %(count)s calls on its first page.", how=how, count=len(newest.items)),
    )
    yield from _rows(newest)
    yield _counted(newest)
    yield _ordered(newest)
    yield from _one(api, newest)
    yield from _fields(wanted)
    yield Check(phrase("write"), True, phrase("Off: the CommonGrants protocol lets nobody write an opportunity."))


def _rows(newest: Listing) -> Iterator[Check]:
    broken = sum(not is_row(item) for item in newest.items)
    if broken:
        detail = phrase(
            "%(broken)s of %(count)s rows on the first page have no id.", broken=broken, count=len(newest.items)
        )
        fix = phrase("Tell the publisher: without an id a call cannot be followed. They are set aside.")
        yield Check(phrase("rows are opportunities"), False, detail, fix)


def _counted(newest: Listing) -> Check:
    if newest.total is None:
        told = phrase("The list does not say how many calls there are, so that one is gone is never noticed by itself.")
    else:
        told = phrase(
            "The list counts %(total)s calls; one that two whole readings do not show is asked for by its id.",
            total=newest.total,
        )
    return Check(phrase("vanished calls"), True, told)


def _ordered(newest: Listing) -> Check:
    stamps = [moment(item.get("lastModifiedAt")) for item in newest.items if isinstance(item, dict)]
    if None in stamps:
        told = phrase("Some calls have no readable lastModifiedAt; every sync may have to read the whole list.")
    elif any(later > earlier for earlier, later in pairwise(filter(None, stamps))):
        told = phrase("The list is not in order of lastModifiedAt; every sync may have to read the whole list.")
    else:
        told = phrase("The list has the newest first, so a sync reads its beginning.")
    return Check(phrase("changes"), True, told)


def _one(api: Api, newest: Listing) -> Iterator[Check]:
    row: Any = next((item for item in newest.items if is_row(item)), None)
    if row is None:
        return
    answer = api.one(row["id"])
    if not answer.ok:
        error = errors.error(answer, phrase("Looking up call %(id)s", id=row["id"]))
        fix = phrase(
            "Tell the publisher: the protocol requires this route. Without it no call is ever known to be gone."
        )
        yield Check(phrase("read one call"), False, str(error), fix)
        return
    yield Check(phrase("read one call"), True, phrase("A call can be asked for by its id."))


def _fields(wanted: Wanted) -> Iterator[Check]:
    lacking = [column for column in wanted.fields if not columns.known(column)]
    for column in lacking:
        close = get_close_matches(column, columns.OFFERED, n=1)
        hint = phrase("Closest: %(close)s.", close=repr(close[0])) if close else ""
        yield Check(
            phrase("fields exist"),
            False,
            phrase("The protocol has no field %(column)s.", column=repr(column)),
            together([phrase("Change the mapping."), hint]),
        )
    if not lacking:
        yield Check(
            phrase("fields exist"),
            True,
            phrase("All %(count)s mapped fields are the protocol's or custom ones.", count=len(wanted.fields)),
        )

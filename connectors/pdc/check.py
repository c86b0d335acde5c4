"""The connection test: what has to be set up in the Philanthropy Data Commons, one step at a time, nothing written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from difflib import get_close_matches

from connectors.contract import Check, ConnectorError, Forbidden, Invalid, SignInFailed, Wanted
from connectors.pdc import form
from connectors.pdc.form import Form
from connectors.pdc.lists import whole
from connectors.pdc.session import Session


def run(
    session: Session, wanted: Wanted, opportunity: int, source: int | None, form_anew: Callable[[], Form]
) -> list[Check]:
    """The steps in order; what cannot be tried after a failed step is left out. Never raises."""
    done: list[Check] = []
    try:
        for step in _steps(session, wanted, opportunity, source, form_anew):
            done.append(step)
    except SignInFailed as error:
        fix = (
            "Ask the administrators of the Philanthropy Data Commons for the client's id and secret, then check again."
        )
        done.append(Check("sign in", False, str(error), fix))
    except Forbidden as error:
        fix = f"Ask its administrators to grant this client view on opportunity {opportunity}; see the README of pdc."
        done.append(Check("see the opportunity", False, str(error), fix))
    except Invalid as error:
        done.append(Check("see the form", False, str(error), "Put that right, then check again."))
    except ConnectorError as error:
        done.append(
            Check("reach the service", False, str(error), "See to the network, url and token_url, then check again.")
        )
    return done


def _steps(
    session: Session, wanted: Wanted, opportunity: int, source: int | None, form_anew: Callable[[], Form]
) -> Iterator[Check]:
    yield Check("sign in", True, f"Signed in as user {session.who()}.")
    found = session.get(f"/opportunities/{opportunity}", f"Reading opportunity {opportunity}")
    yield Check("see the opportunity", True, f"Opportunity {opportunity} is {str(found.get('title'))!r}.")
    now = form_anew()
    yield Check("see the form", True, f"Application form {now.id} has {len(now.fields)} fields.")
    offered = [column.name for column in form.columns(now)]
    for column in [name for name in wanted.fields if name not in offered]:
        close = get_close_matches(column, offered, n=1, cutoff=0.6)
        fix = "Have a field for it added to the form, or take it out of the mapping." + (
            f" Closest: {close[0]!r}." if close else ""
        )
        yield Check("fields exist", False, f"Application form {now.id} has nothing for {column!r}.", fix)
    every = whole(session, "/proposals", "Listing the proposals")
    mine = [each for each in every if each.get("opportunityId") == opportunity]
    yield Check("read proposals", True, f"{len(mine)} proposals to this opportunity can be read.")
    if source is None:
        yield Check("write", True, "Nothing is written: the option source names no source.")
        return
    if all(each.get("id") != source for each in whole(session, "/sources", "Listing the sources")):
        fix = "Name the number of a source that this client may refer to; its administrators can grant it reference on one."
        yield Check("write", False, f"Source {source} is not there, or out of this client's sight.", fix)
        return
    yield Check("write", True, f"Source {source} is there. Whether this client may name it only a write can show.")

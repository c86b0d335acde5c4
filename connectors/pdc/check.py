"""The connection test: what has to be set up in the Philanthropy Data Commons, one step at a time, nothing written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from difflib import get_close_matches

from connectors.contract import Check, ConnectorError, Forbidden, Invalid, SignInFailed, Wanted
from connectors.pdc import form
from connectors.pdc.form import Form
from connectors.pdc.lists import whole
from connectors.pdc.session import Session
from schemas.said import phrase, together


def run(
    session: Session, wanted: Wanted, opportunity: int, source: int | None, form_anew: Callable[[], Form]
) -> list[Check]:
    """The steps in order; what cannot be tried after a failed step is left out. Never raises."""
    done: list[Check] = []
    try:
        for step in _steps(session, wanted, opportunity, source, form_anew):
            done.append(step)
    except SignInFailed as error:
        fix = phrase(
            "Ask the administrators of the Philanthropy Data Commons for the client's id and secret, then check again."
        )
        done.append(Check(phrase("sign in"), False, str(error), fix))
    except Forbidden as error:
        fix = phrase(
            "Ask its administrators to grant this client view on opportunity %(opportunity)s; see the README of pdc.",
            opportunity=opportunity,
        )
        done.append(Check(phrase("see the opportunity"), False, str(error), fix))
    except Invalid as error:
        done.append(Check(phrase("see the form"), False, str(error), phrase("Put that right, then check again.")))
    except ConnectorError as error:
        done.append(
            Check(
                phrase("reach the service"),
                False,
                str(error),
                phrase("See to the network, url and token_url, then check again."),
            )
        )
    return done


def _steps(
    session: Session, wanted: Wanted, opportunity: int, source: int | None, form_anew: Callable[[], Form]
) -> Iterator[Check]:
    yield Check(phrase("sign in"), True, phrase("Signed in as user %(who)s.", who=session.who()))
    found = session.get(
        f"/opportunities/{opportunity}", phrase("Reading opportunity %(opportunity)s", opportunity=opportunity)
    )
    yield Check(
        phrase("see the opportunity"),
        True,
        phrase(
            "Opportunity %(opportunity)s is %(title)s.", opportunity=opportunity, title=repr(str(found.get("title")))
        ),
    )
    now = form_anew()
    yield Check(
        phrase("see the form"),
        True,
        phrase("Application form %(id)s has %(count)s fields.", id=now.id, count=len(now.fields)),
    )
    offered = [column.name for column in form.columns(now)]
    for column in [name for name in wanted.fields if name not in offered]:
        close = get_close_matches(column, offered, n=1, cutoff=0.6)
        fix = together(
            [
                phrase("Have a field for it added to the form, or take it out of the mapping."),
                phrase("Closest: %(close)s.", close=repr(close[0])) if close else "",
            ]
        )
        yield Check(
            phrase("fields exist"),
            False,
            phrase("Application form %(id)s has nothing for %(column)s.", id=now.id, column=repr(column)),
            fix,
        )
    every = whole(session, "/proposals", phrase("Listing the proposals"))
    mine = [each for each in every if each.get("opportunityId") == opportunity]
    yield Check(
        phrase("read proposals"), True, phrase("%(count)s proposals to this opportunity can be read.", count=len(mine))
    )
    if source is None:
        yield Check(phrase("write"), True, phrase("Nothing is written: the option source names no source."))
        return
    if all(each.get("id") != source for each in whole(session, "/sources", phrase("Listing the sources"))):
        fix = phrase(
            "Name the number of a source that this client may refer to; its administrators can grant it "
            "reference on one."
        )
        yield Check(
            phrase("write"),
            False,
            phrase("Source %(source)s is not there, or out of this client's sight.", source=source),
            fix,
        )
        return
    yield Check(
        phrase("write"),
        True,
        phrase("Source %(source)s is there. Whether this client may name it only a write can show.", source=source),
    )

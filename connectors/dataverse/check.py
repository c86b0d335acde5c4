"""Testing a connection step by step, each with what to do when it fails. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from email.utils import parsedate_to_datetime
from functools import reduce

from connectors.answer import Answer
from connectors.contract import Check, ConnectorError, Forbidden, Invalid, SignInFailed, Wanted
from connectors.dataverse.listing import TRACKED
from connectors.dataverse.metadata import Metadata, Table
from connectors.dataverse.reading import columns
from connectors.dataverse.session import Session
from connectors.dataverse.shape import shape
from schemas.said import enumerated, phrase

CLOCKS_APART = timedelta(minutes=5)
"""What Entra allows for before it refuses signed requests."""

GLOBAL = "Global"
_MAKER = "make.powerapps.com > Tables > the table"
_ROLE = "Power Platform admin center > Environments > Settings > Users + permissions > Security roles"
_NAMED = {"systemuser": "user"}
"""Tables whose privileges go by another name."""


def steps(session: Session, wanted: Wanted) -> list[Check]:
    """In order; the first step that makes the next ones pointless is the last. Never raises."""
    done: list[Check] = []
    try:
        for step in _steps(session, wanted):
            done.append(step)
    except SignInFailed as error:
        done.append(
            Check(
                phrase("sign-in"),
                False,
                str(error),
                phrase("See Microsoft Entra > App registrations, and the message."),
            )
        )
    except ConnectorError as error:
        fix = phrase("See to url, the network or Microsoft's service health page, then check again.")
        done.append(Check(phrase("reach Dataverse"), False, str(error), fix))
    return done


def _steps(session: Session, wanted: Wanted) -> Iterator[Check]:
    signed = session.sign_in()
    yield Check(phrase("sign-in"), True, phrase("Microsoft Entra gave a token."))
    yield from _clock(session, signed)
    try:
        user = str(session.get("WhoAmI", phrase("Asking who signed in"))["UserId"])
    except Forbidden as error:
        fix = phrase("Add the app registration as an application user of this environment, with a security role.")
        yield Check(phrase("application user"), False, str(error), fix)
        return
    except KeyError:
        yield Check(
            phrase("application user"),
            False,
            phrase("%(url)s named no user.", url=f"{session.base}WhoAmI"),
            phrase("Check url."),
        )
        return
    yield Check(
        phrase("application user"), True, phrase("Signed in to %(url)s as %(user)s.", url=session.url, user=user)
    )
    metadata = Metadata(session)
    try:
        table = metadata.table(wanted.object)
    except (Forbidden, Invalid) as error:
        fix = phrase(
            "Check the table's logical name in the mapping, and that the application user has a security role."
        )
        yield Check(phrase("table"), False, str(error), fix)
        return
    yield _tracked(table)
    missing = _missing(metadata, wanted)
    yield _columns(table, wanted, missing)
    if wanted.key:
        yield _key(table, wanted.key)
    yield _read(session, table)
    if not missing:
        yield from _rights(session, metadata, wanted, user)


def _clock(session: Session, answer: Answer) -> Iterator[Check]:
    """Nothing in the protocol needs our clock, but what the hub writes into its history does."""
    try:
        told = parsedate_to_datetime(answer.headers.get("date", ""))
    except (ValueError, TypeError, OverflowError):
        return
    ours = session.transport.time.now()
    apart = ours - (told if told.tzinfo else told.replace(tzinfo=UTC))
    if abs(apart) < CLOCKS_APART:
        yield Check(phrase("clock"), True, phrase("This machine's clock agrees with Microsoft's."))
        return
    word = phrase("ahead of") if apart > timedelta(0) else phrase("behind")
    detail = phrase(
        "This machine's clock says %(moment)s, %(span)s %(way)s Microsoft's.",
        moment=_minute(ours),
        span=_span(abs(apart)),
        way=word,
    )
    yield Check(
        phrase("clock"), False, detail, phrase("Let the machine set its clock by itself (NTP), then check again.")
    )


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _span(apart: timedelta) -> str:
    minutes = round(apart.total_seconds() / 60)
    return (
        phrase("%(minutes)s minutes", minutes=minutes)
        if minutes < 120
        else phrase("%(hours)s hours", hours=minutes // 60)
    )


def _tracked(table: Table) -> Check:
    if not table.tracked:
        fix = phrase("%(maker)s > Properties > Advanced options: tick “Track changes”.", maker=_MAKER)
        return Check(
            phrase("table"),
            False,
            phrase("%(name)s does not track changes, so that nobody is told of them.", name=table.name),
            fix,
        )
    if not table.guarded:
        fix = phrase(
            "Ask the maker of the table for optimistic concurrency; without it two people can write over each other."
        )
        return Check(phrase("table"), False, phrase("%(name)s has no optimistic concurrency.", name=table.name), fix)
    return Check(phrase("table"), True, phrase("%(name)s is there and tracks changes.", name=table.name))


def _missing(metadata: Metadata, wanted: Wanted) -> list[str]:
    """Words about each wanted column that is not there; a table whose rows belong to this one is one, too."""
    found = []
    for name in columns(wanted):
        only = {name: wanted.references[name]} if name in wanted.references else {}
        try:
            shape(metadata, wanted.object, [name], only)
        except (Invalid, Forbidden) as error:
            known = metadata.table(wanted.object).columns
            close = get_close_matches(name, known, 1)
            found.append(
                phrase("%(name)s (closest: %(close)s)", name=name, close=close[0])
                if close
                else phrase("%(name)s (%(error)s)", name=name, error=error)
                if "." in name
                else name
            )
    return found


def _columns(table: Table, wanted: Wanted, missing: list[str]) -> Check:
    if missing:
        fix = phrase(
            "Add each to the table (%(maker)s > Columns; the README lists them), or correct the mapping.", maker=_MAKER
        )
        return Check(
            phrase("columns"),
            False,
            phrase(
                "%(name)s has no %(missing)s.",
                name=table.name,
                missing=reduce(lambda all, one: phrase("%(all)s; no %(one)s", all=all, one=one), missing),
            ),
            fix,
        )
    return Check(phrase("columns"), True, phrase("All %(count)s columns are there.", count=len(columns(wanted))))


def _key(table: Table, key: str) -> Check:
    fix = phrase(
        "%(maker)s > Keys > New key: tick only %(key)s, save, and wait until its index is active.",
        maker=_MAKER,
        key=key,
    )
    column = table.columns.get(key)
    if column is None:
        return Check(
            phrase("key"),
            False,
            phrase("%(name)s has no column %(key)s.", name=table.name, key=key),
            phrase("Add it: text, length 100. Then %(fix)s", fix=fix),
        )
    if column.type != "String" or (column.length or 0) < 36 or not column.creatable:
        detail = phrase(
            "%(key)s is %(type)s of length %(length)s, not writable text of at least 36 characters.",
            key=key,
            type=column.type,
            length=column.length,
        )
        return Check(phrase("key"), False, detail, phrase("Make it text of length 100. Then %(fix)s", fix=fix))
    of = [one for one in table.keys if one.columns == (key,)]
    if not of:
        return Check(
            phrase("key"),
            False,
            phrase("%(name)s has no alternate key of %(key)s alone: it is not unique.", name=table.name, key=key),
            fix,
        )
    if of[0].status != "Active":
        again = phrase("Wait; if it failed, rows share a value: clear the doubles, then choose “Activate key” there.")
        return Check(
            phrase("key"),
            False,
            phrase("The index of the alternate key of %(key)s is %(status)s.", key=key, status=of[0].status),
            again,
        )
    return Check(phrase("key"), True, phrase("%(key)s is an alternate key.", key=key))


def _read(session: Session, table: Table) -> Check:
    """One row with change tracking, which needs the right to read everybody's rows."""
    path = f"{table.set}?$select={table.id}"
    try:
        session.get(
            path,
            phrase("Reading %(name)s", name=table.name),
            {"Prefer": f"{TRACKED['Prefer'].partition(',')[0]},odata.maxpagesize=1"},
        )
    except (Forbidden, Invalid) as error:
        fix = phrase(
            "%(role)s: Read on %(name)s at organisation level for the application user's role.",
            role=_ROLE,
            name=table.name,
        )
        return Check(phrase("read"), False, str(error), fix)
    return Check(phrase("read"), True, phrase("Rows of %(name)s and their changes may be read.", name=table.name))


def _rights(session: Session, metadata: Metadata, wanted: Wanted, user: str) -> Iterator[Check]:
    """By the privileges of the application user's roles, where Dataverse tells them."""
    path = f"systemusers({user})/Microsoft.Dynamics.CRM.RetrieveUserPrivileges"
    try:
        told = session.get(path, phrase("Reading the application user's privileges")).get("RolePrivileges")
        held = {str(one["PrivilegeName"]).lower(): str(one["Depth"]) for one in told or ()}
    except (ConnectorError, KeyError, TypeError):
        held = {}
    if not held:
        yield Check(
            phrase("rights"),
            True,
            phrase("Dataverse does not tell the user's privileges; the first write will show them."),
        )
        return
    missing = [
        phrase("%(verb)s on %(table)s", verb=verb, table=table)
        for verb, table in _needed(metadata, wanted)
        if not _holds(held, verb, table)
    ]
    if missing:
        fix = phrase("%(role)s: give them to the application user's role, Read at organisation level.", role=_ROLE)
        yield Check(
            phrase("rights"), False, phrase("The application user lacks %(missing)s.", missing=enumerated(missing)), fix
        )
        return
    yield Check(
        phrase("rights"),
        True,
        phrase("The application user may read, create and change %(object)s.", object=wanted.object),
    )


def _holds(held: dict[str, str], verb: str, table: str) -> bool:
    depth = held.get(f"prv{verb}{_NAMED.get(table, table)}".lower())
    return depth == GLOBAL if verb == "Read" else depth is not None


def _needed(metadata: Metadata, wanted: Wanted) -> Iterable[tuple[str, str]]:
    """Verb and table. To set a lookup takes Append on the row and AppendTo on its target."""
    of = shape(metadata, wanted.object, columns(wanted), wanted.references)
    needed = [(verb, of.table.name) for verb in ("Read", "Create", "Write")]
    if of.targets:
        needed.append(("Append", of.table.name))
    for target in of.targets.values():
        needed += [("Read", target.table.name), ("AppendTo", target.table.name)]
    for part in of.parts.values():
        needed.append(("Read", part.shape.table.name))
        needed += [("Read", target.table.name) for target in part.shape.targets.values()]
    return dict.fromkeys(needed)

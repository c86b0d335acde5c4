"""Testing a connection step by step, each with what to do when it fails. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from email.utils import parsedate_to_datetime

from connectors.answer import Answer
from connectors.contract import Check, ConnectorError, Forbidden, Invalid, SignInFailed, Wanted
from connectors.dataverse.listing import TRACKED
from connectors.dataverse.metadata import Metadata, Table
from connectors.dataverse.reading import columns
from connectors.dataverse.session import Session
from connectors.dataverse.shape import shape

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
        done.append(Check("sign-in", False, str(error), "See Microsoft Entra > App registrations, and the message."))
    except ConnectorError as error:
        fix = "See to url, the network or Microsoft's service health page, then check again."
        done.append(Check("reach Dataverse", False, str(error), fix))
    return done


def _steps(session: Session, wanted: Wanted) -> Iterator[Check]:
    signed = session.sign_in()
    yield Check("sign-in", True, "Microsoft Entra gave a token.")
    yield from _clock(session, signed)
    try:
        user = str(session.get("WhoAmI", "Asking who signed in")["UserId"])
    except Forbidden as error:
        fix = "Add the app registration as an application user of this environment, with a security role."
        yield Check("application user", False, str(error), fix)
        return
    except KeyError:
        yield Check("application user", False, f"{session.base}WhoAmI named no user.", "Check url.")
        return
    yield Check("application user", True, f"Signed in to {session.url} as {user}.")
    metadata = Metadata(session)
    try:
        table = metadata.table(wanted.object)
    except (Forbidden, Invalid) as error:
        fix = "Check the table's logical name in the mapping, and that the application user has a security role."
        yield Check("table", False, str(error), fix)
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
        yield Check("clock", True, "This machine's clock agrees with Microsoft's.")
        return
    word = "ahead of" if apart > timedelta(0) else "behind"
    detail = f"This machine's clock says {_minute(ours)}, {_span(abs(apart))} {word} Microsoft's."
    yield Check("clock", False, detail, "Let the machine set its clock by itself (NTP), then check again.")


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _span(apart: timedelta) -> str:
    minutes = round(apart.total_seconds() / 60)
    return f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"


def _tracked(table: Table) -> Check:
    if not table.tracked:
        fix = f"{_MAKER} > Properties > Advanced options: tick “Track changes”."
        return Check("table", False, f"{table.name} does not track changes, so that nobody is told of them.", fix)
    if not table.guarded:
        fix = "Ask the maker of the table for optimistic concurrency; without it two people can write over each other."
        return Check("table", False, f"{table.name} has no optimistic concurrency.", fix)
    return Check("table", True, f"{table.name} is there and tracks changes.")


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
            found.append(f"{name} (closest: {close[0]})" if close else f"{name} ({error})" if "." in name else name)
    return found


def _columns(table: Table, wanted: Wanted, missing: list[str]) -> Check:
    if missing:
        fix = f"Add each to the table ({_MAKER} > Columns; the README lists them), or correct the mapping."
        return Check("columns", False, f"{table.name} has no {'; no '.join(missing)}.", fix)
    return Check("columns", True, f"All {len(columns(wanted))} columns are there.")


def _key(table: Table, key: str) -> Check:
    fix = f"{_MAKER} > Keys > New key: tick only {key}, save, and wait until its index is active."
    column = table.columns.get(key)
    if column is None:
        return Check("key", False, f"{table.name} has no column {key}.", f"Add it: text, length 100. Then {fix}")
    if column.type != "String" or (column.length or 0) < 36 or not column.creatable:
        detail = f"{key} is {column.type} of length {column.length}, not writable text of at least 36 characters."
        return Check("key", False, detail, f"Make it text of length 100. Then {fix}")
    of = [one for one in table.keys if one.columns == (key,)]
    if not of:
        return Check("key", False, f"{table.name} has no alternate key of {key} alone: it is not unique.", fix)
    if of[0].status != "Active":
        again = "Wait; if it failed, rows share a value: clear the doubles, then choose “Activate key” there."
        return Check("key", False, f"The index of the alternate key of {key} is {of[0].status}.", again)
    return Check("key", True, f"{key} is an alternate key.")


def _read(session: Session, table: Table) -> Check:
    """One row with change tracking, which needs the right to read everybody's rows."""
    path = f"{table.set}?$select={table.id}"
    try:
        session.get(
            path, f"Reading {table.name}", {"Prefer": f"{TRACKED['Prefer'].partition(',')[0]},odata.maxpagesize=1"}
        )
    except (Forbidden, Invalid) as error:
        fix = f"{_ROLE}: Read on {table.name} at organisation level for the application user's role."
        return Check("read", False, str(error), fix)
    return Check("read", True, f"Rows of {table.name} and their changes may be read.")


def _rights(session: Session, metadata: Metadata, wanted: Wanted, user: str) -> Iterator[Check]:
    """By the privileges of the application user's roles, where Dataverse tells them."""
    path = f"systemusers({user})/Microsoft.Dynamics.CRM.RetrieveUserPrivileges"
    try:
        told = session.get(path, "Reading the application user's privileges").get("RolePrivileges")
        held = {str(one["PrivilegeName"]).lower(): str(one["Depth"]) for one in told or ()}
    except (ConnectorError, KeyError, TypeError):
        held = {}
    if not held:
        yield Check("rights", True, "Dataverse does not tell the user's privileges; the first write will show them.")
        return
    missing = [f"{verb} on {table}" for verb, table in _needed(metadata, wanted) if not _holds(held, verb, table)]
    if missing:
        fix = f"{_ROLE}: give them to the application user's role, Read at organisation level."
        yield Check("rights", False, f"The application user lacks {', '.join(missing)}.", fix)
        return
    yield Check("rights", True, f"The application user may read, create and change {wanted.object}.")


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

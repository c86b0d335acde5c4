"""Testing a connection step by step, each with what to do when it fails. Writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from typing import Any

from connectors.contract import Check, ConnectorError, Forbidden, Invalid, Wanted
from connectors.salesforce import deletions
from connectors.salesforce.describe import described
from connectors.salesforce.errors import refusal
from connectors.salesforce.parts import Part
from connectors.salesforce.rows import Rows
from connectors.salesforce.session import Session
from connectors.salesforce.sign_in import clocks

Found = dict[str, dict[str, Any]]


def steps(rows: Rows) -> list[Check]:
    """In order; the first step that makes the next ones pointless is the last. Never raises."""
    done: list[Check] = []
    try:
        for step in _steps(rows):
            done.append(step)
    except ConnectorError as error:
        done.append(Check("calls", False, str(error), _LATER))
    return done


def _steps(rows: Rows) -> Iterator[Check]:
    session, wanted = rows.session, rows.wanted
    for name, step in (("address", _address), ("clock", _clock), ("sign-in", _sign_in)):
        found = _tried(name, step, session)
        yield found
        if not found.ok and name != "clock":
            return
    try:
        object = described(session, wanted.object)
    except (Forbidden, Invalid) as error:
        fix = "Check the object's API name in the mapping, and that the integration user may read the object."
        yield Check("object", False, str(error), fix)
        return
    fields = {str(item["name"]): item for item in object["fields"]}
    yield from (_object(object), _fields(wanted.object, fields, rows.own), _writable(fields, rows.own))
    if wanted.key:
        yield _key(fields, wanted.key)
    if rows.part:
        yield _part(session, rows.part)
    if rows.record_type:
        yield _record_type(rows)
    yield _deletions(rows)
    yield from _references(session, fields, wanted)


_LATER = "Nothing is wrong with the set-up so far: see to what the message says, then check again."
_ADDRESS_FIX = "Check url: it is the org's My Domain, like https://yourorg.my.salesforce.com."


def _tried(name: str, step: Callable[[Session], Check], session: Session) -> Check:
    try:
        return step(session)
    except ConnectorError as error:
        fix = _ADDRESS_FIX if name == "address" else "See Salesforce Setup > External Client Apps, and the message."
        return Check(name, False, str(error), fix)


def _address(session: Session) -> Check:
    """``/services/data/`` lists versions without a token and is not counted."""
    answer = session.transport.call("GET", f"{session.url}/services/data/")
    listed = answer.json() if answer.status == 200 else None
    if not isinstance(listed, list):
        return Check("address", False, f"{session.url}/services/data/ answered HTTP {answer.status}.", _ADDRESS_FIX)
    known = [f"v{item.get('version')}" for item in listed if isinstance(item, dict)]
    if session.version not in known:
        newest = known[-1] if known else "none"
        return Check(
            "address",
            False,
            f"{session.url} does not offer {session.version}.",
            f'Set api_version to one that it offers: the newest is "{newest}".',
        )
    return Check("address", True, f"{session.url} offers {session.version}.")


def _clock(session: Session) -> Check:
    """Leases, schedules and what is logged go by this machine's clock, and a signed assertion lives three minutes."""
    apart = clocks(session.transport.call("GET", f"{session.url}/services/data/"), session.transport.time.now())
    if apart:
        return Check("clock", False, apart, "Set this machine's clock: schedules and the history go by it.")
    return Check("clock", True, "This machine's clock agrees with Salesforce's.")


def _sign_in(session: Session) -> Check:
    session.sign_in()
    return Check("sign-in", True, f"Signed in; the org answers from {session.instance}.")


def _object(object: dict[str, Any]) -> Check:
    missing = [
        word for word, flag in (("read", "queryable"), ("create", "createable"), ("edit", "updateable"))
        if not object.get(flag)
    ]  # fmt: skip
    if missing:
        return Check(
            "object",
            False,
            f"The integration user may not {', '.join(missing)} {object.get('name')}.",
            f"Add the object permission ({', '.join(missing)}) to a permission set of the integration user: Setup > Permission "
            "Sets > Object Settings.",
        )
    return Check("object", True, f"{object.get('name')} may be read, created and edited.")


_FIELD_FIX = (
    "Correct the name in the mapping, create the field in Setup > Object Manager, or let the integration user "
    "see it (field-level security)."
)
_CURRENCY_FIX = (
    "CurrencyIsoCode is there only where the org has several currencies. With one currency, write it in a mapping of your own "
    'that extends this one: currency = "USD".'
)


def _fields(object: str, fields: Found, columns: Sequence[str]) -> Check:
    missing = [column for column in columns if column not in fields]
    if missing:
        fixes = [
            *([_CURRENCY_FIX] if _CURRENCY in missing else []),
            *([_FIELD_FIX] if set(missing) - {_CURRENCY} else []),
        ]
        shown = ", ".join(_with_closest(column, fields) for column in missing)
        return Check("fields", False, f"{object} shows no {shown}.", " ".join(fixes))
    return Check("fields", True, f"All {len(columns)} fields are there and may be read.")


_CURRENCY = "CurrencyIsoCode"


def _part(session: Session, part: Part) -> Check:
    """The other object whose rows are part of the records."""
    name = f"part {part.object}"
    fix = (
        f"Let the integration user read {part.object} and these fields: the licence of that module, its permission (for a "
        'funding award "Manage Funding Awards"), and field-level security in a permission set.'
    )
    try:
        known = {str(item["name"]): item for item in described(session, part.object)["fields"]}
    except (Forbidden, Invalid) as error:
        return Check(name, False, str(error), fix)
    missing = [column for column in part.chosen() if column not in known]
    if missing:
        return Check(name, False, f"{part.object} shows no {', '.join(_with_closest(c, known) for c in missing)}.", fix)
    return Check(name, True, f"{part.object} and its {', '.join(part.columns)} may be read.")


def _record_type(rows: Rows) -> Check:
    try:
        rows.type_id()
    except (Forbidden, Invalid) as error:
        return Check(
            "record type", False, str(error), "See Setup > Object Manager > Record Types for the developer name."
        )
    return Check("record type", True, f"{rows.wanted.object} has the record type {rows.record_type}.")


def _deletions(rows: Rows) -> Check:
    """Of use, not of need: what is in the recycle bin is told without it."""
    object = rows.wanted.object
    path, params = deletions.request(rows.session, object, rows.session.now())
    answer = rows.session.call("GET", path, params=params)
    if answer.status == 200:
        return Check("deletions", True, f"The log of deleted {object} may be read.")
    why = refusal(answer, f"Reading what was deleted of {object}")
    return Check("deletions", True, f"Deletions are only told while they are in the recycle bin. {why}")


def _writable(fields: Found, columns: Sequence[str]) -> Check:
    """Which of them a mapping writes is not known here, so this one informs."""
    fixed = [column for column in columns if column in fields and not fields[column].get("updateable")]
    if fixed:
        return Check("writable", True, f'Read-only for the integration user: {", ".join(fixed)}. Map them way = "in".')
    return Check("writable", True, "All of them may be edited.")


def _with_closest(column: str, fields: Found) -> str:
    by_lower = {name.lower(): name for name in fields}
    close = get_close_matches(column.lower(), by_lower, 1)
    return f"{column} (closest: {by_lower[close[0]]})" if close else column


def _key(fields: Found, key: str) -> Check:
    item = fields.get(key)
    fix = "Create it in Setup > Object Manager: Text, length 64, Unique, External ID; let the integration user edit it."
    if item is None:
        return Check("key", False, f"There is no field {_with_closest(key, fields)}.", fix)
    wrong = []
    if item.get("type") != "string" or int(item.get("length") or 0) < 36:
        wrong.append(f"is {item.get('type')} of length {item.get('length')}, not text of at least 36 characters")
    if not item.get("externalId"):
        wrong.append("is no External ID")
    if not item.get("unique"):
        wrong.append("is not Unique")
    if not item.get("createable") or not item.get("updateable"):
        wrong.append("may not be written")
    if wrong:
        return Check("key", False, f"{key} {' and '.join(wrong)}.", fix)
    return Check("key", True, f"{key} is a unique external id.")


def _references(session: Session, fields: Found, wanted: Wanted) -> Iterator[Check]:
    for column, target in wanted.references.items():
        name = f"reference {column}"
        pointed = (fields.get(column) or {}).get("referenceTo") or []
        if column in fields and target.object not in pointed:
            shown = ", ".join(pointed) or "no other record"
            yield Check(
                name, False, f"{column} points at {shown}, not {target.object}.", "Correct the mapping's object."
            )
            continue
        try:
            known = {str(item["name"]): item for item in described(session, target.object)["fields"]}
        except (Forbidden, Invalid) as error:
            yield Check(name, False, str(error), f"Let the integration user read {target.object}.")
            continue
        missing = [_with_closest(of_target, known) for of_target in target.columns if of_target not in known]
        if missing:
            yield Check(
                name,
                False,
                f"{target.object} shows no {', '.join(missing)}.",
                f"Correct the mapping, or create the field on {target.object} and let the integration user see it.",
            )
        else:
            yield Check(name, True, f"{target.object} and its {', '.join(target.columns) or 'id'} may be read.")

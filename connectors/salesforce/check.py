"""Testing a connection step by step, each with what to do when it fails. Writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from functools import reduce
from typing import Any

from connectors.contract import Check, ConnectorError, Forbidden, Invalid, Wanted
from connectors.salesforce import deletions
from connectors.salesforce.describe import described
from connectors.salesforce.errors import refusal
from connectors.salesforce.parts import Part
from connectors.salesforce.rows import Rows
from connectors.salesforce.session import Session
from connectors.salesforce.sign_in import clocks
from schemas.said import enumerated, phrase

Found = dict[str, dict[str, Any]]


def steps(rows: Rows) -> list[Check]:
    """In order; the first step that makes the next ones pointless is the last. Never raises."""
    done: list[Check] = []
    try:
        for step in _steps(rows):
            done.append(step)
    except ConnectorError as error:
        done.append(Check(phrase("calls"), False, str(error), _LATER))
    return done


def _steps(rows: Rows) -> Iterator[Check]:
    session, wanted = rows.session, rows.wanted
    for name, step in ((phrase("address"), _address), (phrase("clock"), _clock), (phrase("sign-in"), _sign_in)):
        found = _tried(name, step, session)
        yield found
        if not found.ok and name != "clock":
            return
    try:
        object = described(session, wanted.object)
    except (Forbidden, Invalid) as error:
        fix = phrase("Check the object's API name in the mapping, and that the integration user may read the object.")
        yield Check(phrase("object"), False, str(error), fix)
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


_LATER = phrase("Nothing is wrong with the set-up so far: see to what the message says, then check again.")
_ADDRESS_FIX = phrase("Check url: it is the org's My Domain, like https://yourorg.my.salesforce.com.")


def _tried(name: str, step: Callable[[Session], Check], session: Session) -> Check:
    try:
        return step(session)
    except ConnectorError as error:
        fix = (
            _ADDRESS_FIX
            if name == "address"
            else phrase("See Salesforce Setup > External Client Apps, and the message.")
        )
        return Check(name, False, str(error), fix)


def _address(session: Session) -> Check:
    """``/services/data/`` lists versions without a token and is not counted."""
    answer = session.transport.call("GET", f"{session.url}/services/data/")
    listed = answer.json() if answer.status == 200 else None
    if not isinstance(listed, list):
        return Check(
            phrase("address"),
            False,
            phrase("%(url)s/services/data/ answered HTTP %(status)s.", url=session.url, status=answer.status),
            _ADDRESS_FIX,
        )
    known = [f"v{item.get('version')}" for item in listed if isinstance(item, dict)]
    if session.version not in known:
        newest = known[-1] if known else "none"
        return Check(
            phrase("address"),
            False,
            phrase("%(url)s does not offer %(version)s.", url=session.url, version=session.version),
            phrase('Set api_version to one that it offers: the newest is "%(newest)s".', newest=newest),
        )
    return Check(
        phrase("address"), True, phrase("%(url)s offers %(version)s.", url=session.url, version=session.version)
    )


def _clock(session: Session) -> Check:
    """Leases, schedules and what is logged go by this machine's clock, and a signed assertion lives three minutes."""
    apart = clocks(session.transport.call("GET", f"{session.url}/services/data/"), session.transport.time.now())
    if apart:
        return Check(
            phrase("clock"), False, apart, phrase("Set this machine's clock: schedules and the history go by it.")
        )
    return Check(phrase("clock"), True, phrase("This machine's clock agrees with Salesforce's."))


def _sign_in(session: Session) -> Check:
    session.sign_in()
    return Check(
        phrase("sign-in"), True, phrase("Signed in; the org answers from %(instance)s.", instance=session.instance)
    )


def _object(object: dict[str, Any]) -> Check:
    missing = [
        word for word, flag in (("read", "queryable"), ("create", "createable"), ("edit", "updateable"))
        if not object.get(flag)
    ]  # fmt: skip
    if missing:
        return Check(
            phrase("object"),
            False,
            phrase(
                "The integration user may not %(missing)s %(name)s.",
                missing=", ".join(missing),
                name=object.get("name"),
            ),
            phrase(
                "Add the object permission (%(missing)s) to a permission set of the integration user: Setup > "
                "Permission Sets > Object Settings.",
                missing=", ".join(missing),
            ),
        )
    return Check(phrase("object"), True, phrase("%(name)s may be read, created and edited.", name=object.get("name")))


_FIELD_FIX = phrase(
    "Correct the name in the mapping, create the field in Setup > Object Manager, or let the "
    "integration user see it (field-level security)."
)
_CURRENCY_FIX = phrase(
    "CurrencyIsoCode is there only where the org has several currencies. With one currency, write it "
    'in a mapping of your own that extends this one: currency = "USD".'
)


def _fields(object: str, fields: Found, columns: Sequence[str]) -> Check:
    missing = [column for column in columns if column not in fields]
    if missing:
        fixes = [
            *([_CURRENCY_FIX] if _CURRENCY in missing else []),
            *([_FIELD_FIX] if set(missing) - {_CURRENCY} else []),
        ]
        shown = enumerated(_with_closest(column, fields) for column in missing)
        return Check(
            phrase("fields"),
            False,
            phrase("%(object)s shows no %(shown)s.", object=object, shown=shown),
            " ".join(fixes),
        )
    return Check(phrase("fields"), True, phrase("All %(count)s fields are there and may be read.", count=len(columns)))


_CURRENCY = "CurrencyIsoCode"


def _part(session: Session, part: Part) -> Check:
    """The other object whose rows are part of the records."""
    name = phrase("part %(object)s", object=part.object)
    fix = phrase(
        "Let the integration user read %(object)s and these fields: the licence of that module, its "
        'permission (for a funding award "Manage Funding Awards"), and field-level security in a '
        "permission set.",
        object=part.object,
    )
    try:
        known = {str(item["name"]): item for item in described(session, part.object)["fields"]}
    except (Forbidden, Invalid) as error:
        return Check(name, False, str(error), fix)
    missing = [column for column in part.chosen() if column not in known]
    if missing:
        return Check(
            name,
            False,
            phrase(
                "%(object)s shows no %(missing)s.",
                object=part.object,
                missing=enumerated(_with_closest(c, known) for c in missing),
            ),
            fix,
        )
    return Check(
        name,
        True,
        phrase("%(object)s and its %(columns)s may be read.", object=part.object, columns=", ".join(part.columns)),
    )


def _record_type(rows: Rows) -> Check:
    try:
        rows.type_id()
    except (Forbidden, Invalid) as error:
        return Check(
            phrase("record type"),
            False,
            str(error),
            phrase("See Setup > Object Manager > Record Types for the developer name."),
        )
    return Check(
        phrase("record type"),
        True,
        phrase(
            "%(object)s has the record type %(record_type)s.", object=rows.wanted.object, record_type=rows.record_type
        ),
    )


def _deletions(rows: Rows) -> Check:
    """Of use, not of need: what is in the recycle bin is told without it."""
    object = rows.wanted.object
    path, params = deletions.request(rows.session, object, rows.session.now())
    answer = rows.session.call("GET", path, params=params)
    if answer.status == 200:
        return Check(phrase("deletions"), True, phrase("The log of deleted %(object)s may be read.", object=object))
    why = refusal(answer, phrase("Reading what was deleted of %(object)s", object=object))
    return Check(
        phrase("deletions"), True, phrase("Deletions are only told while they are in the recycle bin. %(why)s", why=why)
    )


def _writable(fields: Found, columns: Sequence[str]) -> Check:
    """Which of them a mapping writes is not known here, so this one informs."""
    fixed = [column for column in columns if column in fields and not fields[column].get("updateable")]
    if fixed:
        return Check(
            phrase("writable"),
            True,
            phrase('Read-only for the integration user: %(fixed)s. Map them way = "in".', fixed=", ".join(fixed)),
        )
    return Check(phrase("writable"), True, phrase("All of them may be edited."))


def _with_closest(column: str, fields: Found) -> str:
    by_lower = {name.lower(): name for name in fields}
    close = get_close_matches(column.lower(), by_lower, 1)
    return phrase("%(column)s (closest: %(close)s)", column=column, close=by_lower[close[0]]) if close else column


def _key(fields: Found, key: str) -> Check:
    item = fields.get(key)
    fix = phrase(
        "Create it in Setup > Object Manager: Text, length 64, Unique, External ID; let the integration user edit it."
    )
    if item is None:
        return Check(
            phrase("key"), False, phrase("There is no field %(field)s.", field=_with_closest(key, fields)), fix
        )
    wrong = []
    if item.get("type") != "string" or int(item.get("length") or 0) < 36:
        wrong.append(
            phrase(
                "is %(type)s of length %(length)s, not text of at least 36 characters",
                type=item.get("type"),
                length=item.get("length"),
            )
        )
    if not item.get("externalId"):
        wrong.append(phrase("is no External ID"))
    if not item.get("unique"):
        wrong.append(phrase("is not Unique"))
    if not item.get("createable") or not item.get("updateable"):
        wrong.append(phrase("may not be written"))
    if wrong:
        return Check(
            phrase("key"),
            False,
            phrase(
                "%(key)s %(wrong)s.",
                key=key,
                wrong=reduce(lambda all, one: phrase("%(all)s and %(one)s", all=all, one=one), wrong),
            ),
            fix,
        )
    return Check(phrase("key"), True, phrase("%(key)s is a unique external id.", key=key))


def _references(session: Session, fields: Found, wanted: Wanted) -> Iterator[Check]:
    for column, target in wanted.references.items():
        name = phrase("reference %(column)s", column=column)
        pointed = (fields.get(column) or {}).get("referenceTo") or []
        if column in fields and target.object not in pointed:
            shown = ", ".join(pointed) or phrase("no other record")
            yield Check(
                name,
                False,
                phrase(
                    "%(column)s points at %(shown)s, not %(object)s.", column=column, shown=shown, object=target.object
                ),
                phrase("Correct the mapping's object."),
            )
            continue
        try:
            known = {str(item["name"]): item for item in described(session, target.object)["fields"]}
        except (Forbidden, Invalid) as error:
            yield Check(
                name, False, str(error), phrase("Let the integration user read %(object)s.", object=target.object)
            )
            continue
        missing = [_with_closest(of_target, known) for of_target in target.columns if of_target not in known]
        if missing:
            yield Check(
                name,
                False,
                phrase("%(object)s shows no %(missing)s.", object=target.object, missing=enumerated(missing)),
                phrase(
                    "Correct the mapping, or create the field on %(object)s and let the integration user see it.",
                    object=target.object,
                ),
            )
        else:
            yield Check(
                name,
                True,
                phrase(
                    "%(object)s and its %(columns)s may be read.",
                    object=target.object,
                    columns=", ".join(target.columns) or "id",
                ),
            )

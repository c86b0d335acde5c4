"""Whether a connection to another hub can work, step by step, and which columns there are."""

from __future__ import annotations

import re
from typing import Any

from connectors.contract import Check, ConnectorError, Field, Unavailable, Wanted
from connectors.hub import items
from connectors.hub.api import Api
from schemas.said import phrase

SCOPES = ("read", "share", "position")
POSITIONS = ("stage", "amount", "date", "visibility", "note")
OTHER = ("visibility", "pledged", "committed", "paid", "funders", "table")


def run(api: Api, wanted: Wanted) -> list[Check]:
    """Writes nothing, never raises."""
    try:
        me = api.call("GET", "/me", phrase("Signing in"))
    except ConnectorError as error:
        fix = phrase(
            "Check the option url, and the token: an admin of your foundation makes one on the other hub "
            "under People › Tokens."
        )
        return [Check(phrase("sign in"), False, str(error), fix)]
    steps = [
        Check(
            phrase("sign in"),
            True,
            phrase("For %(name)s, with the token %(token)s.", name=me.get("name"), token=me.get("token")),
        )
    ]
    lacking = [scope for scope in SCOPES if scope not in (me.get("scopes") or ())]
    told = (
        phrase("The token has no scope %(lacking)s.", lacking=", ".join(lacking))
        if lacking
        else phrase("It may read, share and state positions.")
    )
    steps.append(
        Check(
            phrase("scopes"),
            not lacking,
            told,
            phrase("Make a token there with %(scopes)s.", scopes=", ".join(SCOPES)) if lacking else "",
        )
    )
    if wanted.object not in ("project", "call"):
        steps.append(
            Check(
                phrase("kind"),
                False,
                phrase("There is no kind %(object)s.", object=repr(wanted.object)),
                phrase('Write object = "project" or "call" in the mapping.'),
            )
        )
    try:
        known = {column.name for column in fields(api, wanted)}
    except ConnectorError as error:
        return [
            *steps,
            Check(phrase("columns"), False, str(error), phrase("Check that the option url is the address of a hub.")),
        ]
    unknown = [name for name in wanted.fields if name not in known]
    lacks = (
        phrase("The other hub has no %(unknown)s.", unknown=", ".join(unknown))
        if unknown
        else phrase("All %(count)s are there.", count=len(wanted.fields))
    )
    mend = (
        phrase("Take these lines out of the mapping, or have the other hub brought to this version.") if unknown else ""
    )
    return [*steps, Check(phrase("columns"), not unknown, lacks, mend)]


def fields(api: Api, wanted: Wanted) -> list[Field]:
    """Read off the other hub's own document; of keyed ones (``organization.identifiers.GB-CHC``) those that are wanted."""
    place = phrase("Reading what the other hub offers")
    document = api.call("GET", "/openapi.json", place)
    try:
        facts = document["components"]["schemas"]["Facts"]
        named, patterns = dict(facts["properties"]), [re.compile(pattern) for pattern in facts["patternProperties"]]
        if not _whole(document):
            raise ValueError(phrase("a list with nothing in it where something was"))
    except (KeyError, TypeError, ValueError, re.error):
        raise Unavailable(phrase("%(place)s: it answered a document of another form.", place=place)) from None
    found = [Field(name, _type(shape), required=name == "title") for name, shape in named.items()]
    found += [Field(n, "text") for n in wanted.fields if n not in named and any(p.match(n) for p in patterns)]
    found += [Field(name, "text", writable=name not in items.READ_ONLY, unique=name == "key") for name in items.PLAIN]
    found += [Field(items.POSITION + name, "any") for name in POSITIONS]
    return found + [Field(items.OTHERS + name, "any", writable=False) for name in OTHER]


def _whole(part: Any) -> bool:
    """Such a document has no null in a list; an answer that was spoilt on its way may have one anywhere."""
    if isinstance(part, dict):
        return all(map(_whole, part.values()))
    return not isinstance(part, list) or all(each is not None and _whole(each) for each in part)


def _type(shape: Any) -> str:
    kind = shape.get("type") if isinstance(shape, dict) else None
    kinds = [kind] if isinstance(kind, str) else kind if isinstance(kind, list) else []
    return next((str(each) for each in kinds if each != "null"), "any")

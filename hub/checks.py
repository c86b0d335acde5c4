"""Whether a connection works, step by step, each with its fix; nothing is written."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from connectors.contract import Check, Connector, ConnectorError
from hub.app import Hub
from mappings import check as mapping_check
from schemas.said import phrase


def checks(hub: Hub, name: str, patience: float | None = None) -> list[Check]:
    """The connector's own checks, then the mapping against what the system offers. ``patience``: seconds that one call may
    take, where a person waits."""
    try:
        with closing(hub.connect(name, patience)) as connector:
            found = connector.check()
            if all(check.ok for check in found):
                found += [*_mapping(hub, name, connector), *_owner(hub, name, connector)]
        return [*found, *_audiences(hub, name)]
    except ConnectorError as error:
        return [Check(phrase("open"), False, str(error), phrase("Change its options in the configuration."))]


def _mapping(hub: Hub, name: str, connector: Connector) -> list[Check]:
    mapping, offered = hub.config.connections[name].mapping, connector.describe() or None
    findings = mapping_check.check(mapping, offered, folders=hub.config.mapping_folders)
    fix = phrase("Change the mapping file, or the system.")
    said = [
        (f.severity == "error", phrase("%(place)s: %(error)s", place=f"{Path(f.file).name}:{f.line}", error=f.message))
        for f in findings
    ]
    return [Check(phrase("mapping"), not error, text, fix if error else "") for error, text in said]


def _owner(hub: Hub, name: str, connector: Connector) -> list[Check]:
    """Whether the connection's importer is a user there: records that a rule imports would be nobody's in particular."""
    email, wishes = hub.config.connections[name].importer, hub.mapping(name).create.values()
    person = next((wish for wish in wishes if isinstance(wish, dict) and "user" in wish), None)
    if not email or person is None:
        return []
    object = person["object"]
    try:
        count = len(connector.lookup(object, {person["match"]: email}, [person["match"]]))
    except ConnectorError as error:
        return [
            Check(
                phrase("importer"),
                False,
                str(error),
                phrase("Let the connection's user read %(object)s.", object=object),
            )
        ]
    if count == 1:
        return [
            Check(
                phrase("importer"),
                True,
                phrase("%(email)s is the %(object)s that owns what a rule imports.", email=email, object=object),
            )
        ]
    detail = (
        phrase("%(count)s active %(object)s here have the address %(email)s.", count=count, object=object, email=email)
        if count
        else phrase("No active %(object)s here has the address %(email)s.", object=object, email=email)
    )
    fix = phrase(
        "Set importer to the address of one user of this system, or let the connection's user read %(object)s.",
        object=object,
    )
    return [Check(phrase("importer"), False, detail, fix)]


def _audiences(hub: Hub, name: str) -> list[Check]:
    """What its share field may name: a circle or member that is not configured would share with nobody."""
    known = {"all", *(f"circle:{c}" for c in hub.config.circles), *(f"member:{m}" for m in hub.config.members)}
    named = {
        f"{kind}:{one}" if one else kind
        for kind, _, among in (audience.partition(":") for audience in hub.mapping(name).audiences)
        for one in among.split(",")
    }
    fix = phrase("Add it under [circles] or [members], or change the share field's values in the mapping.")
    return [Check(phrase("share"), False, phrase('The share field names "%(one)s", which is not configured: it would share with nobody.', one=one), fix)
            for one in sorted(named - known)]  # fmt: skip

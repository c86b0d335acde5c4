"""``hub check``: does every connection work, and what to do where it does not."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hub.cli.opening import config_option, fail, open_configured

if TYPE_CHECKING:
    from connectors.contract import Check, Connector
    from hub.app import Hub


@click.command("check")
@click.argument("connection", required=False)
@config_option
def command(connection: str | None, config_path: Path) -> None:
    """Test every connection, or only CONNECTION, without writing anything."""
    hub = open_configured(config_path)
    if connection is not None and connection not in hub.config.connections:
        fail(f"There is no connection {connection!r}. Known: {', '.join(hub.config.connections)}.")
    failed = 0
    for name in [connection] if connection else hub.config.connections:
        click.echo(f"{name} ({hub.config.connections[name].system})")
        for check in checks(hub, name):
            click.echo(f"  {'ok  ' if check.ok else 'FAIL'} {check.name}: {check.detail}")
            if not check.ok and check.fix:
                click.echo(f"       {check.fix}")
            failed += not check.ok
    click.echo(f"{failed} of these failed." if failed else "All good.")
    sys.exit(1 if failed else 0)


def checks(hub: Hub, name: str) -> list[Check]:
    """The connector's own checks, then the mapping against what the system offers."""
    from connectors.contract import Check, ConnectorError
    from mappings import check as mapping_check

    try:
        connector = hub.connect(name)
        found = connector.check()
        if all(check.ok for check in found):
            mapping = hub.config.connections[name].mapping
            for finding in mapping_check.check(
                mapping, connector.describe() or None, folders=hub.config.mapping_folders
            ):
                ok = finding.severity != "error"
                found.append(
                    Check("mapping", ok, str(finding), "" if ok else "Change the mapping file, or the system.")
                )
            found += _owner(hub, name, connector)
        connector.close()
        return [*found, *_audiences(hub, name)]
    except ConnectorError as error:
        return [Check("open", False, str(error), "Change its options in the configuration.")]


def _owner(hub: Hub, name: str, connector: Connector) -> list[Check]:
    """Whether the connection's importer is a user there: records that a rule imports would be nobody's in particular."""
    from connectors.contract import Check, ConnectorError

    email, wishes = hub.config.connections[name].importer, hub.mapping(name).create.values()
    person = next((wish for wish in wishes if isinstance(wish, dict) and "user" in wish), None)
    if not email or person is None:
        return []
    object = person["object"]
    try:
        count = len(connector.lookup(object, {person["match"]: email}, [person["match"]]))
    except ConnectorError as error:
        return [Check("importer", False, str(error), f"Let the connection's user read {object}.")]
    if count == 1:
        return [Check("importer", True, f"{email} is the {object} that owns what a rule imports.")]
    detail = f"{count or 'No'} active {object} here {'have' if count > 1 else 'has'} the address {email}."
    fix = f"Set importer to the address of one user of this system, or let the connection's user read {object}."
    return [Check("importer", False, detail, fix)]


def _audiences(hub: Hub, name: str) -> list[Check]:
    """What its share field may name: a circle or member that is not configured would share with nobody."""
    from connectors.contract import Check

    known = {"all", *(f"circle:{c}" for c in hub.config.circles), *(f"member:{m}" for m in hub.config.members)}
    named = {
        f"{kind}:{one}" if one else kind
        for kind, _, among in (audience.partition(":") for audience in hub.mapping(name).audiences)
        for one in among.split(",")
    }
    fix = "Add it under [circles] or [members], or change the share field's values in the mapping."
    return [Check("share", False, f'The share field names "{one}", which is not configured: it would share with nobody.', fix)
            for one in sorted(named - known)]  # fmt: skip

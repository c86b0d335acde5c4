"""``hub plan``: what a held run would do, and letting it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hub.cli.opening import config_option, fail, open_configured
from hub.cli.sync import short

if TYPE_CHECKING:
    from hub.app import Hub
    from hub.store.tables import Hold


@click.group("plan")
def command() -> None:
    """Show, approve or reject what a held run would do."""


def _held(hub: Hub, run: str) -> Hold:
    from hub.store import waiting

    with hub.reading() as conn:
        hold = waiting.get_hold(conn, run)
    if hold is None:
        fail(f"No held run is called {run!r}. `hub sync` names the runs that wait.")
    return hold


@command.command("show")
@click.argument("run")
@click.option("--json", "as_json", is_flag=True, help="The plan as JSON.")
@config_option
def show(run: str, as_json: bool, config_path: Path) -> None:
    """What RUN would do, item by item."""
    hold = _held(open_configured(config_path), run)
    if as_json:
        click.echo(json.dumps({"plan": hold.plan_hash, "items": hold.items}, ensure_ascii=False, default=str))
        return
    click.echo(f"{hold.connection_id}: {hold.state}. {hold.reason}")
    if hold.diagnosis:
        click.echo(f"What it looks like: {hold.diagnosis}")
    verbs = {"in": "came in", "gone": "gone or not shown"}
    for item in hold.items:
        verb = verbs.get(item["direction"], f"would {item['action']}")
        click.echo(f"  {verb}: {item['title']}")
        for path, (before, after) in item["values"].items():
            click.echo(f"      {path}: {short(before)} -> {short(after)}")
    click.echo(f"{len(hold.items)} items, plan {hold.plan_hash}")


@command.command("approve")
@click.argument("run")
@click.option("--plan", "plan_hash", help="Approve only if the plan is still this one.")
@config_option
def approve(run: str, plan_hash: str | None, config_path: Path) -> None:
    """Let RUN go on. It continues with the next sync."""
    from hub.sync import holds
    from hub.sync.moved import Moved

    hub = open_configured(config_path)
    hold = _held(hub, run)
    try:
        holds.approve(hub, hold.id, plan_hash or hold.plan_hash, "command line")
    except Moved as moved:
        fail(str(moved))
    click.echo(f"Approved {len(hold.items)} items for {hold.connection_id}. They go with its next sync.")


@command.command("reject")
@click.argument("run")
@config_option
def reject(run: str, config_path: Path) -> None:
    """Take RUN back. Nothing of it is written."""
    from hub.sync import holds
    from hub.sync.moved import Moved

    hub = open_configured(config_path)
    hold = _held(hub, run)
    try:
        holds.reject(hub, hold.id, "command line")
    except Moved as moved:
        fail(str(moved))
    click.echo(f"Rejected. {hold.connection_id} keeps what it has.")

"""``hub sync``: one round, with what happened."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hub.cli.opening import config_option, fail, open_configured

if TYPE_CHECKING:
    from hub.sync.run import RunResult

WORDS = {
    "created": "shared",
    "changed": "changed",
    "pushed_new": "created there",
    "pushed": "written there",
    "unchanged": "unchanged",
    "not_shared": "not shared",
    "kept": "kept local",
    "conflicts": "conflicts",
    "quarantined": "quarantined",
    "rejected": "refused there",
}


@click.command("sync")
@click.argument("connection", required=False)
@click.option("--dry-run", is_flag=True, help="Decide everything and write nothing, neither here nor there.")
@click.option("--json", "as_json", is_flag=True, help="The result as JSON.")
@config_option
def command(connection: str | None, dry_run: bool, as_json: bool, config_path: Path) -> None:
    """Pull all connections, then push all; or only CONNECTION."""
    from hub.sync.run import sync_all

    hub = open_configured(config_path)
    if connection is not None and connection not in hub.config.connections:
        fail(f"There is no connection {connection!r}. Known: {', '.join(hub.config.connections)}.")
    with progress(not as_json) as report:
        results = sync_all(hub, [connection] if connection else None, dry_run=dry_run, report=report)
    if as_json:
        click.echo(json.dumps([as_data(result) for result in results], default=str, ensure_ascii=False))
    else:
        show(results, dry_run)
    sys.exit(0 if all(result.state in ("done", "held") for result in results) else 1)


def as_data(result: RunResult) -> dict[str, Any]:
    return {
        "connection": result.connection,
        "state": result.state,
        "run": result.run_id,
        "message": result.message,
        "counts": {name: count for name, count in sorted(result.counts.items()) if count},
        "plan": result.plan,
    }


def show(results: list[RunResult], dry_run: bool = False) -> None:
    """A table of what moved, and a sentence for what needs a person."""
    width = max((len(result.connection) for result in results), default=10)
    for result in results:
        moved = [f"{n} {WORDS[name]}" for name in WORDS if (n := result.counts.get(name))]
        click.echo(f"{result.connection:<{width}}  {result.state:<10}  {', '.join(moved) or 'nothing to do'}")
        if result.message:
            click.echo(f"{'':<{width}}  {result.message}")
        if result.state == "held" and result.run_id:
            click.echo(f"{'':<{width}}  Look at it: hub plan show {result.run_id}")
        for item in result.plan if dry_run else ():
            click.echo(f"{'':<{width}}  would {item['action']}: {item['title']}")
            for path, (before, after) in item["values"].items():
                click.echo(f"{'':<{width}}      {path}: {short(before)} -> {short(after)}")


def short(value: Any) -> str:
    text = "(blank)" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:59] + "…"


class progress:
    """A bar of records read and written, on a terminal only; the number of records is not known beforehand."""

    def __init__(self, wanted: bool) -> None:
        self.shown = wanted and sys.stderr.isatty()

    def __enter__(self) -> Any:
        return self._tell

    def __exit__(self, *failure: object) -> None:
        if self.shown:
            click.echo("\r\033[K", err=True, nl=False)

    def _tell(self, event: str, connection: str = "", **facts: Any) -> None:
        if self.shown:
            words = ", ".join(f"{value} {name}" for name, value in facts.items())
            bar = "▏▎▍▌▋▊▉█"[int(facts.get("page", facts.get("pushed", 0))) % 8]
            click.echo(f"\r\033[K{bar} {connection}: {words}", err=True, nl=False)

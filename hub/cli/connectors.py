"""``hub connectors``: the systems that this hub can speak to."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from connectors.contract import System
    from connectors.facts import Facts

HEAD = """# Connectors

*Made by `hub connectors --markdown`; a test holds it to the code. Change a connector's `facts`, then make it anew.*

| system | direction | changes | deletions | guard | key | batch | limits | verified by |
|---|---|---|---|---|---|---|---|---|
"""
TAIL = """
* **direction**: *both* reads and writes, *in* only reads.
* **changes**: *token* asks for what changed since a position that the system gave, *timestamp* since a time, *full_scan* reads
  all and compares.
* **deletions**: *feed* and *flag* are told by the system, *none* means that it cannot tell; the hub then asks a person.
* **guard**: *strong* lets the system itself refuse a change of a record that has moved, *second* does so to the second, *none*
  has the hub look right before it writes.
* **key**: what a record can hold so that it is found again. *none*: a create whose answer was lost is looked for by what it said.
* **batch**: new records in one call.

Where several are named, it depends on the connection's options, its mapping or its declaration; the usual comes first.
"""


@click.command("connectors")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--markdown", is_flag=True, help="As the page docs/connectors.md.")
def command(as_json: bool, markdown: bool) -> None:
    """List the connectors, what each can do, and its options."""
    from connectors import registry
    from connectors.contract import System

    systems = registry.systems()
    if as_json:
        click.echo(json.dumps([_as_data(s) for s in systems if isinstance(s, System)], ensure_ascii=False))
        return
    if markdown:
        click.echo(page([s for s in systems if isinstance(s, System)]), nl=False)
        return
    for system in systems:
        if not isinstance(system, System):
            click.echo(f"{system.name}: does not load ({system.package}): {system.reason}")
            continue
        click.echo(f"{system.name}: {system.title}. {system.summary}")
        for option in system.options:
            marks = [w for w, on in (("required", option.required), ("secret", option.secret)) if on]
            note = f" ({', '.join(marks)})" if marks else ""
            default = f" Default: {option.default}." if option.default is not None else ""
            click.echo(f"  {option.name}{note}: {option.help}{default}")


def page(systems: list[System]) -> str:
    """The page of the documentation."""
    return HEAD + "".join(f"{_line(system)}\n" for system in systems) + TAIL


def _line(system: System) -> str:
    facts = system.facts
    cells = ["not said"] * 8 if facts is None else _cells(facts)
    return f"| [{system.title}](../connectors/{system.name.replace('-', '_')}/README.md) | {' | '.join(cells)} |"


def _cells(facts: Facts) -> list[str]:
    several = (facts.feed, facts.deletes, facts.guard, facts.key, facts.batch)
    return [facts.direction, *(" or ".join(map(str, each)) for each in several), facts.limits, facts.verified]


def _as_data(system: System) -> dict[str, Any]:
    options = [
        {"name": o.name, "help": o.help, "required": o.required, "secret": o.secret, "default": o.default}
        for o in system.options
    ]
    facts = asdict(system.facts) if system.facts is not None else {}
    named = {"name": system.name, "title": system.title, "system": system.title, "summary": system.summary}
    return named | facts | {"options": options}

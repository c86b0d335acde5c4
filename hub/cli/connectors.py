"""``hub connectors``: the systems that this hub can speak to."""

from __future__ import annotations

import json

import click


@click.command("connectors")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(as_json: bool) -> None:
    """List the connectors and the options of each."""
    from connectors import registry
    from connectors.contract import System

    systems = registry.systems()
    if as_json:
        click.echo(json.dumps([_as_data(s) for s in systems if isinstance(s, System)], ensure_ascii=False))
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


def _as_data(system: object) -> dict[str, object]:
    from connectors.contract import System

    assert isinstance(system, System)
    options = [
        {"name": o.name, "help": o.help, "required": o.required, "secret": o.secret, "default": o.default}
        for o in system.options
    ]
    return {"name": system.name, "title": system.title, "summary": system.summary, "options": options}

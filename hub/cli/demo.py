"""``hub demo``: three stand-in systems and a hub, to try in a browser or in one round."""

from __future__ import annotations

import sys

import click

from hub.cli.opening import open_configured


@click.command("demo")
@click.option("--once", is_flag=True, help="One full round without a browser; exits 0 only if all went as expected.")
@click.option("--port", default=0, help="Port of the hub's pages; a free one by default.")
def command(once: bool, port: int) -> None:
    """Three fictional foundations, their stand-in systems, and a hub that syncs them. Ctrl-C stops it all."""
    from hub.demo.stage import Stage

    with Stage(port) as stage:
        hub = open_configured(stage.config)
        if once:
            from hub.demo.once import play

            went_well = play(hub, stage, click.echo)
            click.echo("\nAll as expected." if went_well else "\nSomething did not happen as expected; see above.")
            sys.exit(0 if went_well else 1)
        from hub.cli.serve import Serving
        from hub.demo.screen import invite, screen

        serving = Serving(hub, stage.port)
        invite(hub)
        click.echo(screen(serving.url, stage))
        serving.run_until_told()
        click.echo("Stopped. Nothing of it is kept.")

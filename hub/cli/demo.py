"""``hub demo``: three stand-in systems and a hub, to try in a browser or in one round."""

from __future__ import annotations

import sys

import click

from hub.cli.opening import open_configured


@click.command("demo")
@click.option("--once", is_flag=True, help="One full round without a browser; exits 0 only if all went as expected.")
@click.option(
    "--cluster", is_flag=True, help="The hub as two processes with pages and three that sync, over PostgreSQL."
)
@click.option("--port", default=0, help="Port of the hub's pages; a free one by default.")
def command(once: bool, cluster: bool, port: int) -> None:
    """Three fictional foundations, their stand-in systems, and a hub that syncs them. Ctrl-C stops it all."""
    from hub.demo.stage import Stage

    if cluster:
        _many(once)
        return
    with Stage(port, first_sync="preview") as stage:
        hub = open_configured(stage.config)
        if once:
            from hub.demo.once import play
            from hub.demo.screen import invite

            invite(hub)
            went_well = play(hub, stage, click.echo)
            click.echo("\nAll as expected." if went_well else "\nSomething did not happen as expected; see above.")
            sys.exit(0 if went_well else 1)
        from hub.cli.serve import Serving
        from hub.demo.screen import invite, screen
        from hub.demo.waiting import disagree
        from hub.sync.run import sync_all

        serving = Serving(hub, stage.port)
        invite(hub)
        sync_all(hub)
        disagree(stage)
        click.echo(screen(serving.url, stage))
        serving.run_until_told()
        click.echo("Stopped. Nothing of it is kept.")


def _many(once: bool) -> None:
    import signal
    import tempfile
    from pathlib import Path

    from hub.cli.opening import fail
    from hub.demo.cluster import Cluster, NoPostgres, Rounds, postgres
    from hub.demo.once import play
    from hub.demo.screen import invite, screen
    from hub.demo.stage import Stage
    from hub.demo.waiting import disagree

    # However it is told to stop, what it started stops with it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        # A short path: a socket's name has some hundred characters at most.
        with (
            tempfile.TemporaryDirectory(prefix="hub-") as folder,
            postgres(Path(folder)) as url,
            Stage(database=url, first_sync="preview") as stage,
        ):
            hub = open_configured(stage.config)
            invite(hub)
            rounds = Rounds(hub)
            with Cluster(stage) as cluster:
                if once:
                    went_well = play(hub, stage, click.echo, rounds)
                    click.echo("\nAll as expected." if went_well else "\nSomething did not happen; see above.")
                    sys.exit(0 if went_well else 1)
                rounds(hub)
                disagree(stage)
                click.echo(screen("  or  ".join(cluster.webs), stage))
                signal.pause()
    except NoPostgres as missing:
        fail(str(missing))
    except KeyboardInterrupt:
        click.echo("Stopped. Nothing of it is kept.")

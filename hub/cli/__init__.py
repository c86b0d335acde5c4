"""The command line. Modules are imported when their command runs, so that ``hub --help`` answers at once."""

from __future__ import annotations

from importlib import import_module

import click

COMMANDS = {
    "init": ("hub.cli.init", "Write a commented config.toml from answers or flags."),
    "check": ("hub.cli.check", "Test every connection, and say how to fix what fails."),
    "doctor": ("hub.cli.doctor", "Everything that whoever helps would ask, each line with its fix."),
    "prove": ("hub.cli.prove", "Try a connection on a test tenant, with one marked record."),
    "sync": ("hub.cli.sync", "Pull all connections, then push all; or one by name."),
    "plan": ("hub.cli.plan", "Show, approve or reject what a held run would do."),
    "import": ("hub.cli.imports", "Import one opportunity into a connection with its next sync."),
    "serve": ("hub.cli.serve", "The whole hub in one process: pages, clock, syncs."),
    "web": ("hub.cli.web", "Pages only: one process of several, over PostgreSQL."),
    "worker": ("hub.cli.worker", "Syncs only: one process of several, over PostgreSQL."),
    "migrate": ("hub.cli.migrate", "Move a hub that has grown from SQLite to PostgreSQL."),
    "user": ("hub.cli.user", "The people who may sign in."),
    "token": ("hub.cli.token", "What members' programs sign in with."),
    "export": ("hub.cli.export", "The commons as a file: CSV, workbook, JSON, 360Giving."),
    "connectors": ("hub.cli.connectors", "The systems that this hub can speak to, and their options."),
    "connection": ("hub.cli.connection", "Set a further connection up, tried before it is written."),
    "connector": ("hub.cli.connector", "Check and draft declarations of systems that speak REST."),
    "mapping": ("hub.cli.mapping", "Check, show and draft mapping files, and what a changed one would do."),
    "digest": ("hub.cli.digest", "What a person's digest would say now."),
    "audit": ("hub.cli.audit", "Whether the history tells what is stored."),
    "search": ("hub.cli.search", "The index by which opportunities are found."),
    "erase": ("hub.cli.erase", "Take a person out of accounts, mail and history."),
    "backup": ("hub.cli.backup", "The whole database in one file, while the hub runs."),
    "restore": ("hub.cli.restore", "A backup in the database's place; everything is looked at before it is written."),
    "rates": ("hub.cli.rates", "Exchange rates, to say what pledges in other currencies leave open."),
    "demo": ("hub.cli.demo", "Three sandboxes and a hub, to try."),
}


class Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])


@click.command(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="commons-hub", prog_name="hub")
def main() -> None:
    """Commons Hub: shared funding opportunities, inside the grants systems that members already use."""

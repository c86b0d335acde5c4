"""The demo's three foundations as a test town: stand-in systems in this process, the hub in processes of its own."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from connectors.sandbox import Seen
from hub.config_files import load
from hub.demo.seeds import REQUEST
from hub.demo.stage import PASSWORD, PEOPLE, Stage
from tests import warm

HUB = [sys.executable, "-m", "hub"]
TABLE = "Opportunities"


class Town(Stage):
    """A stage whose hub syncs only when a test says so."""

    def __enter__(self) -> Town:
        super().__enter__()
        self.change('every = "3s"', 'every = "1h"')
        self.change('every = "5s"', 'every = "1h"')
        # Processes that follow each other within a second do not know of each other's calls.
        for airtable in (self.saffron, self.corrie):
            airtable.limit.calls = None
        return self

    def change(self, old: str, new: str) -> None:
        text = self.config.read_text()
        assert old in text
        self.config.write_text(text.replace(old, new))

    def hub(self, *words: str, code: int | None = 0, **env: str) -> subprocess.CompletedProcess[str]:
        """``hub WORDS`` as its own process. ``code`` None takes any exit code."""
        done = warm.run((*words, "--config", str(self.config)), self.folder, env)
        assert code is None or done.returncode == code, done.stdout + done.stderr
        return done

    def sync(self, *words: str) -> dict[str, Any]:
        """One full sync by the command line: connection to its result."""
        return {result["connection"]: result for result in json.loads(self.hub("sync", "--json", *words).stdout)}

    def invite(self) -> None:
        from hub.app import open_hub
        from hub.people.accounts import add_user

        hub = open_hub(load(self.config))
        for member, name, email, roles in PEOPLE:
            add_user(hub, member, email, name, roles, PASSWORD)
        hub.engine.dispose()

    @contextmanager
    def serving(self) -> Iterator[str]:
        """``hub serve`` as its own process; its address."""
        read, write = os.pipe()
        with os.fdopen(read) as said, open(os.devnull, "w") as nowhere:
            with os.fdopen(write, "w") as out:
                command = ("serve", "--port", "0", "--config", str(self.config))
                process = warm.Command(command, self.folder, {}, out, nowhere)
            line = said.readline()
            try:
                yield next(word for word in line.split() if word.startswith("http://"))
            finally:
                process.send_signal(signal.SIGTERM)
                assert process.wait(30) == 0

    def writes(self) -> list[Seen]:
        """Calls that wrote, in all stand-in systems."""
        seen = [call for sandbox in (self.salesforce, self.saffron, self.corrie) for call in sandbox.seen]
        return [call for call in seen if call.method != "GET" and not call.path.endswith("/token")]

    def request(self, title: str) -> dict[str, Any]:
        """Alder's funding request with this title."""
        return next(row for row in self.salesforce.rows(REQUEST) if row["Name"] == title)

    def saffron_copy(self, key: str) -> dict[str, Any]:
        return next(row for row in self.saffron.rows(TABLE) if row["fields"].get("Commons ID") == key)

    def let_leases_run_out(self) -> None:
        """What a dead worker held is free once its lease is over; the test need not wait for that."""
        with sqlite3.connect(self.folder / "hub.db") as store:
            store.execute("UPDATE connection SET lease_until = '2020-01-01 00:00:00.000000'")
        store.close()

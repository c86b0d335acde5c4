"""Three foundations that talk at an opportunity, a mail server, and the same on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.clock import ManualTime
from hub.app import Hub, open_hub
from hub.config import Config, MemberConfig
from hub.mail import sending
from hub.mail.settings import MailConfig
from hub.store import audit, opportunities, people
from hub.store.tables import Opportunity, User
from tests.mailserver import Taken, mail_server

MEMBERS = {"elm": "Elm Fund", "oak": "Oak Trust", "ash": "Ash House"}
PEOPLE = {
    "sue": ("elm", ["staff"]), "ada": ("oak", ["officer"]), "bob": ("oak", ["officer", "staff"]), "kim": ("ash", ["officer"]),
    "con": ("elm", ["convener"]), "ops": ("oak", ["operator"]),
}  # fmt: skip


class Town:
    def __init__(self, hub: Hub, server: Taken) -> None:
        self.hub, self.server = hub, server

    def share(self, title: str = "Orchard school", *, named: bool = True, audience: str = "all", **facts: Any) -> str:
        """Shared by Elm now, with its line in the audit."""
        now, id = self.hub.time.now(), self.hub.ids.uuid7()
        said = {"title": title, "named": named} | facts
        row = Opportunity(
            id=id, number=self.hub.ids.number(), kind="project", status="published", steward_id="elm", audience=audience,
            title=title, facts=said, origins={}, created_at=now, updated_at=now,
        )  # fmt: skip
        with self.hub.writing() as conn:
            opportunities.add(conn, row)
            values = {path: [None, value] for path, value in said.items()}
            self.line(conn, id, values | {"status": [None, "published"], "audience": [None, audience]})
        return id

    def line(self, conn: Any, id: str, values: dict[str, Any], **more: Any) -> None:
        audit.write(
            conn, at=self.hub.time.now(), actor="user:sue", action="changed", moves=True, opportunity_id=id, values=values,
            **{"member_id": "elm"} | more,
        )  # fmt: skip

    def edit(self, id: str, **columns: Any) -> None:
        """Columns of an opportunity, with their lines."""
        with self.hub.writing() as conn:
            before = opportunities.load(conn, [id])[id]
            facts = columns.pop("facts", {})
            values = {path: [before.facts.get(path), value] for path, value in facts.items()}
            values |= {name: [getattr(before, name), value] for name, value in columns.items()}
            opportunities.change(conn, id, facts=before.facts | facts, **columns)
            self.line(conn, id, values)

    def row(self, id: str) -> Opportunity:
        with self.hub.reading() as conn:
            return opportunities.peek(conn, [id])[id]

    def mails(self) -> list[tuple[str, str]]:
        """``(to, everything of it)`` of what goes out now."""
        before = len(self.server.mails)
        while sending.send_waiting(self.hub):
            pass
        return [
            (self.server.recipients[n], self.server.mails[n].as_string() + self.server.text(n))
            for n in range(before, len(self.server.mails))
        ]


@pytest.fixture(scope="module")
def server() -> Iterator[Taken]:
    with mail_server() as taken:
        yield taken


@pytest.fixture
def town(tmp_path: Path, server: Taken) -> Iterator[Town]:
    yield from opened(f"sqlite:///{tmp_path / 'hub.db'}", server)


@pytest.fixture(params=["sqlite", "postgresql"])
def both(request: pytest.FixtureRequest, tmp_path: Path, server: Taken) -> Iterator[Town]:
    new: Callable[[], str] | None = request.getfixturevalue("new_postgres") if request.param == "postgresql" else None
    yield from opened(str(new()) if new else f"sqlite:///{tmp_path / 'hub.db'}", server)


def opened(database: str, server: Taken) -> Iterator[Town]:
    server.mails.clear()
    server.recipients.clear()
    mail = MailConfig("127.0.0.1", server.port, "none", "hub@commons.test", "Commons")
    config = Config(database, {id: MemberConfig(id, name) for id, name in MEMBERS.items()}, {}, digest="t")
    config = replace(config, mail=mail, public_url="https://hub.test")
    hub = open_hub(config, time=ManualTime(datetime(2026, 3, 3, 9, tzinfo=UTC)))
    with hub.writing() as conn:
        for name, (member, roles) in PEOPLE.items():
            people.add(
                conn,
                User(
                    id=name, member_id=member, email=f"{name}@{member}.test", name=name.title(), password_hash="", roles=roles,
                    created_at=hub.time.now(),
                ),
            )  # fmt: skip
    yield Town(hub, server)
    hub.engine.dispose()

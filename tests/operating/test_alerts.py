"""People are told of trouble once when it begins and once when it is over, each of their own, by mail and webhook."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.clock import ManualTime
from connectors.contract import Secret, Unavailable
from hub.alerts import hook, tell
from hub.app import Hub, open_hub
from hub.config import ConfigError
from hub.config_files import load
from hub.mail import sending
from hub.mail.settings import MailConfig
from hub.operating import Alerts, Operating
from hub.people.accounts import add_user
from hub.signing import signed
from hub.store import connections, opportunities
from hub.store.tables import Conflict, Hold, Notice, Opportunity, Run, Token
from tests.mailserver import Taken, mail_server
from tests.operating.receiver import Received, receiving

CONFIG = """
[hub]
database = "sqlite:///hub.db"
[web]
public_url = "https://hub.test/"
[members.elm]
name = "Elm Fund"
[members.oak]
name = "Oak Trust"
[connections.elm-sheet]
member = "elm"
system = "spreadsheet"
mapping = "spreadsheet-generic"
[connections.elm-sheet.options]
path = "elm"
[connections.oak-sheet]
member = "oak"
system = "spreadsheet"
mapping = "spreadsheet-generic"
[connections.oak-sheet.options]
path = "oak"
"""
WHO = {"admin.elm": ["admin"], "staff.elm": ["staff"], "both.elm": ["admin", "officer"], "con.elm": ["convener"],
       "admin.oak": ["admin"], "officer.oak": ["officer"], "ops.oak": ["operator"]}  # fmt: skip
BEGUN = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECRET = "whsec_" + "QUJD" * 10


class Place:
    def __init__(self, hub: Hub, server: Taken, receiver: Received) -> None:
        self.hub, self.server, self.receiver = hub, server, receiver

    def look(self, minutes: float = 1) -> list[tuple[str, str]]:
        """Time passes, the clock looks; whom the new mails are for and what they are about."""
        self.hub.time.sleep(minutes * 60)
        before = len(self.server.mails)
        tell.look(self.hub)
        sending.send_waiting(self.hub)
        hook.send_waiting(self.hub)
        return sorted((str(m["To"]).split("@")[0], str(m["Subject"]).strip()) for m in self.server.mails[before:])

    def change(self, name: str, **values: Any) -> None:
        with self.hub.writing() as conn:
            connections.change(conn, name, **values)

    def fail(self, name: str, times: int) -> None:
        self.change(
            name, failures=times, reason="It did not let the hub in.", due_at=self.hub.time.now() + timedelta(days=1)
        )
        self.run(name, "failed")

    def heal(self, name: str) -> None:
        later = self.hub.time.now() + timedelta(days=30)
        self.change(name, failures=0, reason=None, due_at=later, last_ok_at=self.hub.time.now())

    def run(self, name: str, state: str, **counts: int) -> None:
        now = self.hub.time.now()
        row = Run(id=self.hub.ids.uuid7(), connection_id=name, state=state, started_at=now, ended_at=now, counts=counts)
        self.put(row)

    def put(self, *rows: Any) -> None:
        with self.hub.writing() as conn:
            for row in rows:
                conn.execute(vars(type(row))["__table__"].insert(), row.model_dump())

    def conflict(self, path: str = "title", **facts: Any) -> str:
        now = self.hub.time.now()
        row = Opportunity(
            id=self.hub.ids.uuid7(), number=self.hub.ids.number(), kind="project", status="published", steward_id="elm",
            title="Orchard school", facts={"title": "Orchard school"} | facts, origins={}, created_at=now, updated_at=now,
        )  # fmt: skip
        with self.hub.writing() as conn:
            opportunities.add(conn, row)
        party = {"connection": "oak-sheet", "link": "l", "value": "zz-value", "raw": {"Title": "zz-value"}}
        found = Conflict(
            id=self.hub.ids.uuid7(),
            opportunity_id=row.id,
            path=path,
            commons="zz-commons",
            parties=[party],
            opened_at=now,
        )
        self.put(found)
        return found.id

    def with_alerts(self, member: str, alerts: Alerts) -> None:
        config = self.hub.config
        changed = dataclasses.replace(config.members[member], alerts=alerts)
        self.hub.config = dataclasses.replace(config, members={**config.members, member: changed})


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Taken, Received]]:
    with mail_server() as mails, receiving() as hooks:
        yield mails, hooks


@pytest.fixture
def place(tmp_path: Path, servers: tuple[Taken, Received]) -> Iterator[Place]:
    (tmp_path / "config.toml").write_text(CONFIG)
    mails, hooks = servers
    mails.mails.clear()
    mails.answers.clear()
    for kept in (hooks.bodies, hooks.raw, hooks.headers, hooks.answers):
        kept.clear()
    config = load(tmp_path / "config.toml")
    mail = MailConfig("127.0.0.1", mails.port, "none", "hub@commons.test")
    hub = open_hub(dataclasses.replace(config, mail=mail), time=ManualTime(BEGUN))
    for who, roles in WHO.items():
        add_user(hub, who.split(".")[1], f"{who}@hub.test", who, roles, "a long enough one")
    place = Place(hub, mails, hooks)
    for name in hub.config.connections:
        place.heal(name)
    yield place
    hub.engine.dispose()


def test_a_connection_that_failed_twice_is_told_its_admins_once_and_once_that_it_works_again(place: Place) -> None:
    place.fail("elm-sheet", 1)
    assert place.look() == [], "one failure heals itself more often than not"
    place.fail("elm-sheet", 2)
    subject = "1 thing to look after: elm-sheet failed 2 times in a row. It did not let the hub in."
    assert place.look() == [("admin.elm", subject), ("both.elm", subject)]
    said = place.server.text()
    assert "Since 2026-03-02 09:01 UTC." in said and "https://hub.test/connections/elm-sheet" in said and "fix" in said
    place.fail("elm-sheet", 3)
    assert [place.look(60) for _ in range(3)] == [[], [], []], "nothing changed but the count"
    place.heal("elm-sheet")
    assert place.look() == [("admin.elm", "All is well again"), ("both.elm", "All is well again")]
    assert "Over:\n- elm-sheet failed" in place.server.text()
    assert place.look() == []


def test_what_was_told_is_known_to_the_next_process(place: Place) -> None:
    place.fail("elm-sheet", 2)
    assert len(place.look()) == 2
    path = place.hub.config.path
    assert path is not None
    again = open_hub(dataclasses.replace(load(path), mail=place.hub.config.mail), time=place.hub.time)
    try:
        assert Place(again, place.server, place.receiver).look(60) == []
    finally:
        again.engine.dispose()


def test_two_processes_tell_it_once(place: Place) -> None:
    place.fail("elm-sheet", 2)
    place.hub.time.sleep(60)
    assert tell.look(place.hub) == 1 and tell.look(place.hub) == 0


def test_all_that_begins_within_a_minute_is_one_message(place: Place) -> None:
    place.fail("elm-sheet", 2)
    now = place.hub.time.now()
    hold = Hold(id="h1", run_id="r", connection_id="oak-sheet", kind="withdrawals", reason="12 of 14 would be withdrawn.", items=[],
                plan_hash="h", at=now)  # fmt: skip
    place.put(hold)
    place.conflict()
    told = dict(place.look(60 * 49))
    assert told["admin.elm"] == "2 things to look after" and told["staff.elm"].startswith(
        "1 thing to look after: “Orchard school”"
    )
    assert told["admin.oak"].startswith("1 thing to look after: oak-sheet is held: 12 of 14")
    assert "officer.oak" not in told and "con.elm" not in told and "ops.oak" not in told
    place.change("oak-sheet", state="active")
    with place.hub.writing() as conn:
        conn.exec_driver_sql("UPDATE hold SET state = 'approved'")
    assert place.look() == [("admin.oak", "All is well again")]


def test_late_is_more_than_two_intervals_and_never_while_it_runs_or_before_the_clock_did(place: Place) -> None:
    place.change("elm-sheet", due_at=BEGUN - timedelta(days=3))
    assert place.look(9) == [], "the hub was down, and has been up for less than two intervals"
    place.change("elm-sheet", lease_until=place.hub.time.now() + timedelta(minutes=10))
    assert place.look(2) == [], "it runs"
    place.change("elm-sheet", lease_until=None)
    assert [who for who, _ in place.look(1)] == ["admin.elm", "both.elm"]
    assert "has not synced for more than two of its intervals" in place.server.text()


def test_a_paused_connection_is_nobodys_trouble(place: Place) -> None:
    place.fail("elm-sheet", 5)
    place.change("elm-sheet", state="paused")
    assert place.look() == []


def test_calls_tokens_and_credentials_near_their_end(place: Place) -> None:
    place.run("elm-sheet", "done", calls_used=89, calls_allowed=1000, calls_stop=100)
    assert place.look() == []
    place.run("elm-sheet", "done", calls_used=90, calls_allowed=1000, calls_stop=100)
    assert next(subject for _, subject in place.look()).startswith("1 thing to look after: elm-sheet: 90 of 1000 calls")
    now = place.hub.time.now()
    place.put(Token(id="t1", member_id="oak", name="Warehouse", scopes=["read"], token_hash="h", created_at=now - timedelta(days=355),
                    expires_at=now + timedelta(days=10)))  # fmt: skip
    ends = (now + timedelta(days=10)).date()
    assert place.look() == [
        ("admin.oak", f"1 thing to look after: The token “Warehouse” of a program of yours ends on {ends}.")
    ]
    place.with_alerts("oak", Alerts(ends={"oak-sheet": date(2026, 3, 30), "elm-sheet": date(2026, 3, 3)}))
    assert place.look(60 * 24 * 13) == [], (
        "a foundation says nothing of another's connection, and it is not two weeks yet"
    )
    assert place.look(60 * 24 * 2)[0][0] == "admin.oak"
    assert "What oak-sheet signs in with ends on 2026-03-30" in place.server.text()


def test_a_conflict_is_told_those_who_decide_it_when_it_is_old_or_its_deadline_near(place: Place) -> None:
    place.conflict()
    place.conflict(**{"ask.needed_by": {"date": "2026-03-08"}})
    place.conflict(**{"ask.needed_by": {"date": "2026-06"}})
    told = place.look()
    assert [who for who, _ in told] == ["admin.elm", "both.elm", "staff.elm"], (
        "a party that does not decide is not told"
    )
    assert "Its deadline is 2026-03-08" in place.server.text()
    told = place.look(48 * 60)
    assert {subject for _, subject in told} == {"3 things to look after"}
    everything = "".join(place.server.text(n) for n in range(len(place.server.mails)))
    assert "zz-value" not in everything and "zz-commons" not in everything and "/queue/conflicts/" in everything


def test_the_title_of_what_somebody_else_shares_is_not_told(place: Place) -> None:
    place.conflict("commitment.amount")
    told = place.look(49 * 60)
    assert [who for who, _ in told] == ["admin.oak", "officer.oak"]
    assert "Orchard" not in place.server.text() and "An opportunity that you follow" in place.server.text()


def test_operators_are_told_of_the_hub_and_of_who_has_nobody_but_not_of_what_is_in_their_records(place: Place) -> None:
    with place.hub.writing() as conn:
        conn.exec_driver_sql("UPDATE user SET active = 0 WHERE email IN ('admin.elm@hub.test', 'both.elm@hub.test')")
    place.fail("elm-sheet", 2)
    place.conflict()
    told = dict(place.look(49 * 60))
    assert set(told) == {"ops.oak", "staff.elm"} and "elm-sheet failed" in told["ops.oak"]
    place.hub.refused = ("config.toml:3: zz-value",)
    assert place.look() == [("ops.oak", "1 thing to look after: The changed configuration file cannot be used; the one before is still in force.")]  # fmt: skip
    assert "zz-value" not in place.server.text()


def test_without_any_way_to_anybody_it_is_told_once_there_is_one(place: Place) -> None:
    mail, place.hub.config = place.hub.config.mail, dataclasses.replace(place.hub.config, mail=None)
    place.fail("elm-sheet", 2)
    assert place.look(60) == []
    place.hub.config = dataclasses.replace(place.hub.config, mail=mail)
    assert [who for who, _ in place.look()] == ["admin.elm", "both.elm"]


@pytest.mark.parametrize("form", ["json", "slack", "teams"])
def test_a_webhook_gets_it_in_the_shape_that_it_understands(place: Place, form: str) -> None:
    place.with_alerts("elm", Alerts(mail=False, webhook=Secret(place.receiver.url), allow_private=True, form=form))
    with place.hub.writing() as conn:
        connections.change(conn, "elm-sheet", failures=2, reason="<b>Not</b> & let in")
    place.run("elm-sheet", "failed")
    assert place.look() == [], "it asked for no mail"
    body, page = place.receiver.bodies[0], "https://hub.test/connections/elm-sheet"
    if form == "json":
        assert body["type"] == "commons-hub.alert" and body["data"]["new"][0]["url"] == page
        assert body["data"]["new"][0]["key"] == "failing elm-sheet" and body["data"]["over"] == []
    elif form == "slack":
        assert (
            "&lt;b&gt;Not&lt;/b&gt; &amp; let in" in body["text"] and f"<{page}|" in body["blocks"][0]["text"]["text"]
        )
    else:
        card = body["attachments"][0]
        assert body["type"] == "message" and card["contentType"] == "application/vnd.microsoft.card.adaptive"
        assert card["content"]["type"] == "AdaptiveCard" and page in str(card["content"]["body"])
    place.heal("elm-sheet")
    place.look()
    assert "elm-sheet failed" in str(place.receiver.bodies[1]) and len(place.receiver.bodies) == 2


def test_a_signed_webhook_can_be_checked_and_is_sent_again_with_its_number_until_it_is_taken(place: Place) -> None:
    place.with_alerts(
        "elm", Alerts(mail=False, webhook=Secret(place.receiver.url), allow_private=True, secret=Secret(SECRET))
    )
    place.receiver.answers += [503, 0, 429]
    place.fail("elm-sheet", 2)
    for _ in range(12):
        place.look(2)
    headers = place.receiver.headers
    assert len(headers) == 4 and len({h["webhook-id"] for h in headers}) == 1
    assert signed(
        SECRET, headers[3], place.receiver.raw[3], datetime.fromtimestamp(int(headers[3]["webhook-timestamp"]), UTC)
    )
    assert notice(place).state == "sent" and notice(place).body is None


@pytest.mark.parametrize("status", [302, 404, 410])
def test_a_webhook_that_is_refused_or_points_elsewhere_is_not_followed_and_not_tried_again(
    place: Place, status: int
) -> None:
    place.with_alerts("elm", Alerts(mail=False, webhook=Secret(place.receiver.url), allow_private=True))
    place.receiver.answers.append(status)
    place.fail("elm-sheet", 2)
    place.look()
    place.look(120)
    assert len(place.receiver.bodies) == 1 and notice(place).state == "failed"


def test_the_address_policy_holds_for_webhooks(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    inner = place.receiver.url.replace("127.0.0.1", "2130706433")  # the same machine, by another name
    place.with_alerts("elm", Alerts(mail=False, webhook=Secret(inner), allow_private=True))
    place.fail("elm-sheet", 2)
    place.look()
    assert place.receiver.bodies == [] and notice(place).state == "waiting"
    place.look(25 * 60)
    assert notice(place).state == "failed" and "zz-secret-path" not in caplog.text + str(notice(place).error)


def test_an_inner_network_is_open_only_to_whom_the_configuration_opens_it(place: Place) -> None:
    asked: list[dict[str, Any]] = []

    def transport(**policy: Any) -> Any:
        asked.append(policy)
        raise Unavailable("not here")

    place.hub._transport = transport
    for private in (False, True):
        place.with_alerts("elm", Alerts(mail=False, webhook=Secret("https://chat.test/x"), allow_private=private))
        place.fail("elm-sheet", 2)
        place.look()
        place.heal("elm-sheet")
        place.look(5)
    assert {policy["hosts"][0] for policy in asked} == {"chat.test:443"} and not any(
        policy.get("allow_http") for policy in asked
    )
    assert asked[0]["allow_private"] is False and asked[-1]["allow_private"] is True


def test_a_members_own_file_opens_no_inner_network(tmp_path: Path) -> None:
    (tmp_path / "members").mkdir()
    (tmp_path / "config.toml").write_text('[members.oak]\nname = "Oak"\n')
    (tmp_path / "members" / "elm.toml").write_text(
        '[members.elm]\nname = "Elm"\n[members.elm.alerts]\nwebhook = "env:HUB_ELM_HOOK"\nallow_private = true\n'
    )
    with pytest.raises(ConfigError, match=r"elm\.toml:5: Only the operator"):
        load(tmp_path / "config.toml", {"HUB_ELM_HOOK": "http://127.0.0.1:9/x"})


def notice(place: Place) -> Notice:
    with place.hub.reading() as conn:
        return Notice(**conn.execute(vars(Notice)["__table__"].select()).one()._mapping)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('webhook = "https://hooks.test/x"', "is a secret"),
        ('webhook = "env:HOOK"\nform = "carrier pigeon"', "is one of json, slack, teams"),
        ('webhook = "env:PLAIN"', "without encryption"),
        ('webhook = "env:HERE"', "leads to this machine"),
        ('webhook = "env:HOOK"\nform = "slack"\nsecret = "env:SIGNS"', "has no place for a signature"),
        ('secret = "env:HOOK"', "whsec_"),
        ('ends = { elm-sheet = "soon" }', "without quotes"),
        ('colour = "red"', 'no setting "colour"'),
    ],
)
def test_a_mistake_in_the_configuration_names_its_line_and_shows_no_secret(
    tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "config.toml").write_text(CONFIG + f"[members.elm.alerts]\n{text}\n")
    environ = {
        "HOOK": "https://hooks.test/zz-secret",
        "PLAIN": "http://hooks.test/zz-secret",
        "SIGNS": SECRET,
        "HERE": "http://localhost:9/zz-secret",
    }
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "config.toml", environ)
    assert said in str(caught.value) and "zz-secret" not in str(caught.value) and "config.toml:2" in str(caught.value)


def test_the_example_of_a_mailless_operator_is_read(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(CONFIG + '[alerts]\nmail = false\nwebhook = "env:HOOK"\nform = "teams"\n')
    read = load(tmp_path / "config.toml", {"HOOK": "https://hooks.test/x"}).operating
    assert read == Operating(alerts=Alerts(False, Secret("https://hooks.test/x"), "teams"))

"""Whether an opportunity is still needed: who is asked when, what counts as an answer, and whose silence delists."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.commons import asking
from hub.commons.still_needed import ANSWER, QUIET, Act, Standing, decide, morning, next_look, question
from hub.mail import sending
from hub.mail.settings import MailConfig
from hub.people.accounts import add_user
from hub.store import chores
from hub.store.tables import Audit, Commitment, Connection, Link, Message, Opportunity
from hub.sync import history
from hub.sync.history import Cause, disagreements
from hub.sync.moved import Moved
from tests.mailserver import Taken, mail_server
from tests.sync.conftest import Make, World, connection, make, share, tree

__all__ = ["make"]
NOW = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
LONG = NOW - QUIET
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


def asked(**known: Any) -> Standing:
    """Published, asked about and told a month ago, silent, everything read since."""
    usual: dict[str, Any] = {
        "status": "published", "word_at": LONG - DAY, "asked_at": NOW - ANSWER, "told_at": NOW - ANSWER, "read_at": NOW,
    }  # fmt: skip
    return Standing(**(usual | known))


def gone(**known: Any) -> Standing:
    return asked(**({"status": "withdrawn", "delisted_at": NOW - DAY} | known))


@pytest.mark.parametrize(
    ("known", "act"),
    [
        (Standing("published", LONG), Act.ASK),
        (Standing("published", LONG + MINUTE), Act.REST),
        *((Standing(status, LONG - DAY), Act.REST) for status in ("draft", "closed", "withdrawn")),
        (asked(), Act.DELIST),
        (asked(read_at=None), Act.DELIST),
        (asked(asked_at=NOW - ANSWER + MINUTE), Act.REST),
        (asked(told_at=NOW - ANSWER + MINUTE), Act.REST),
        (asked(told_at=None), Act.REST),
        (asked(told_at=None, asked_at=NOW - 900 * DAY, word_at=NOW - 1200 * DAY), Act.REST),
        (asked(read_at=NOW - MINUTE), Act.REST),
        (asked(unheard=True), Act.REST),
        (asked(word_at=NOW - ANSWER + MINUTE), Act.ANSWERED),
        (asked(word_at=NOW - ANSWER + MINUTE, unheard=True), Act.ANSWERED),
        (asked(status="withdrawn"), Act.FORGET),
        (asked(status="closed"), Act.FORGET),
        (gone(), Act.REST),
        (gone(word_at=NOW), Act.REST),
        (gone(ticked_at=NOW - DAY - MINUTE), Act.REST),
        (gone(ticked_at=NOW - MINUTE), Act.SHARE_AGAIN),
        (gone(ticked_at=NOW - MINUTE, shared=False), Act.REST),
        (gone(ticked_at=NOW - MINUTE, ready=False), Act.REST),
        (gone(status="published"), Act.FORGET),
        (gone(status="closed"), Act.FORGET),
    ],
)  # fmt: skip
def test_what_is_done_follows_from_dates_alone(known: Standing, act: Act) -> None:
    assert decide(known, NOW) is act


def test_every_look_is_followed_by_a_later_one() -> None:
    for known in (Standing("published", LONG), Standing("published", NOW), asked(), gone(), asked(word_at=NOW)):
        assert next_look(known, decide(known, NOW), NOW) > NOW
    assert next_look(Standing("published", NOW), Act.REST, NOW) == datetime(2027, 3, 1, 6, 0, tzinfo=UTC)


def test_what_comes_due_in_a_day_is_asked_about_together() -> None:
    assert morning(datetime(2026, 9, 1, 6, 0, tzinfo=UTC)) == datetime(2026, 9, 1, 6, 0, tzinfo=UTC)
    assert morning(datetime(2026, 9, 1, 6, 0, 1, tzinfo=UTC)) == datetime(2026, 9, 2, 6, 0, tzinfo=UTC)


# --- with a hub ---------------------------------------------------------------------

ASKS = {
    "still_needed.question": {"field": "Commons asks", "type": "text"},
    "still_needed.yes": {"field": "Still needed", "type": "yesno"},
}


@pytest.fixture
def server() -> Iterator[Taken]:
    with mail_server() as taken:
        yield taken


@pytest.fixture
def world(make: Make, server: Taken) -> World:
    """a shares and is written to by mail; b imports everything."""
    found = make(
        connection("a"),
        connection("b", imports=()),
        mail=MailConfig("127.0.0.1", server.port, "none", "hub@commons.test"),
    )
    for who, member, roles in (
        ("staff", "a", ["staff"]), ("admin", "a", ["admin"]), ("officer", "a", ["officer"]), ("other", "b", ["staff", "admin"]),
    ):  # fmt: skip
        add_user(found.hub, member, f"{who}@{member}.test", who, roles, "a long enough one")
    return found


def after(world: World, days: float, sync: bool = True) -> None:
    """Days that pass. As long as nobody is asked anything most of them go by at once; then the clock looks every other
    day, and systems are synced now and then, and in the last days."""
    until = world.time.now() + timedelta(days=days)
    if sync:
        world.sync()
    if days > 20 and not any(row.asked_at for row in world.table(Opportunity)):
        asking.look(world.hub)
        world.time.sleep(timedelta(days=min(days, 180) - 15).total_seconds())
    step = 0
    while (left := until - world.time.now()) > timedelta(0):
        world.time.sleep(min(left, 2 * DAY if left > 2 * DAY else DAY / 2).total_seconds())
        if sync and (left <= DAY or step % 15 == 0):
            world.sync()
        asking.look(world.hub)
        sending.send_waiting(world.hub)
        step += 1
    if sync:
        world.sync()


def the(world: World) -> Opportunity:
    found = world.table(Opportunity)
    assert len(found) == 1
    return Opportunity(**found[0]._mapping)


def person(world: World, email: str) -> str:
    from hub.store import people

    with world.hub.reading() as conn:
        found = people.by_email(conn, email)
    assert found is not None
    return found.id


def actions(world: World) -> list[str]:
    return [line.action for line in world.table(Audit) if line.action.startswith(("still", "withdrawn"))]


def test_half_a_year_of_silence_is_asked_about_by_mail_and_a_month_later_delisted(world: World, server: Taken) -> None:
    share(world)
    after(world, 179)
    assert server.mails == [] and the(world).asked_at is None
    after(world, 3)
    assert sorted(server.recipients) == ["admin@a.test", "staff@a.test"]
    text = server.text()
    assert server.mails[0]["Subject"] == "Still needed? Wells" and "https://hub.test/queue?kind=still_needed" in text
    assert f"{the(world).asked_at + ANSWER:%d %B %Y}" in text
    after(world, 28)
    assert the(world).status == "published" and len(server.mails) == 2
    after(world, 3)
    row = the(world)
    assert row.status == "withdrawn" and row.delisted_at is not None
    assert row.delisted_at - row.asked_at >= ANSWER
    assert [r["Status"] for r in world.rows("b")] == ["withdrawn"], (
        "elsewhere its status says so, and nothing else moved"
    )
    assert [r["Title"] for r in world.rows("b")] == ["Wells"] and {m.state for m in world.table(Link)} == {"linked"}
    assert len(server.mails) == 4 and "* Wells" in server.text() and "nobody's grants are touched" in server.text()
    assert actions(world) == ["still needed: asked", "withdrawn: nobody said that it is still needed"]
    with world.hub.reading() as conn:
        assert disagreements(conn) == []
    after(world, 60)
    assert len(server.mails) == 4 and the(world).status == "withdrawn"


def test_commitments_of_others_outlive_it(world: World) -> None:
    share(world)
    world.sync()
    copy = next(iter(world.systems["b"].rows.values()))
    copy |= {"Stage": "committed", "Ours": 300, "Show": True}
    after(world, 215)
    assert the(world).status == "withdrawn"
    assert {"Stage": "committed", "Ours": 300, "Status": "withdrawn"}.items() <= copy.items()
    assert [c.facts["commitment.stage"] for c in world.table(Commitment)] == ["committed"]


def test_a_change_of_the_stewards_is_an_answer_and_one_of_an_importers_is_none(world: World, server: Taken) -> None:
    id = share(world)
    after(world, 182)
    assert the(world).asked_at is not None
    next(iter(world.systems["b"].rows.values()))["Summary"] = "Cleaner water"
    after(world, 1)
    assert the(world).asked_at is not None
    world.systems["a"].rows[id]["Summary"] = "Clean water for two villages"
    after(world, 1)
    assert the(world).asked_at is None
    after(world, 170)
    assert the(world).status == "published" and len(server.mails) == 2
    after(world, 13)
    assert len(server.mails) == 4, "and half a year after that it is asked about again"


def test_a_word_on_the_page_is_an_answer_and_is_in_the_history(world: World) -> None:
    share(world)
    after(world, 182)
    row, staff = the(world), person(world, "staff@a.test")
    with pytest.raises(LookupError):
        asking.confirm(world.hub, row.id, "b", person(world, "other@b.test"))
    asking.confirm(world.hub, row.id, "a", staff)
    assert the(world).asked_at is None
    with pytest.raises(Moved):
        asking.confirm(world.hub, row.id, "a", staff)
    after(world, 175)
    assert the(world).asked_at is None and the(world).status == "published"
    lines = [line for line in world.table(Audit) if line.action == "still needed: confirmed"]
    assert [(line.actor, line.member_id, line.opportunity_id) for line in lines] == [(f"user:{staff}", "a", row.id)]
    after(world, 8)
    assert the(world).asked_at is not None


def test_no_longer_needed_withdraws_it_by_the_stewards_word(world: World, server: Taken) -> None:
    share(world)
    after(world, 182)
    asking.withdraw(world.hub, the(world).id, "a", person(world, "staff@a.test"))
    after(world, 60)
    assert the(world).status == "withdrawn" and the(world).delisted_at is None and the(world).asked_at is None
    assert [r["Status"] for r in world.rows("b")] == ["withdrawn"] and len(server.mails) == 2


def test_what_was_delisted_is_shared_again_by_one_word(world: World) -> None:
    share(world)
    after(world, 215)
    asking.confirm(world.hub, the(world).id, "a", person(world, "admin@a.test"))
    after(world, 2)
    row = the(world)
    assert (row.status, row.asked_at, row.delisted_at) == ("published", None, None)
    assert [r["Status"] for r in world.rows("b")] == ["published"]
    after(world, 170)
    assert the(world).asked_at is None
    with world.hub.reading() as conn:
        assert disagreements(conn) == []


def test_what_its_steward_took_back_meanwhile_is_not_shared_again(world: World) -> None:
    id = share(world)
    after(world, 215)
    world.systems["a"].rows[id]["Share"] = False
    after(world, 1)
    with pytest.raises(ValueError, match="not ticked for sharing"):
        asking.confirm(world.hub, the(world).id, "a", person(world, "admin@a.test"))
    assert the(world).status == "withdrawn"
    world.systems["a"].rows[id]["Share"] = True
    after(world, 1)
    assert (the(world).status, the(world).delisted_at) == ("published", None), "its tick shares it as ever"


# --- in the steward's own system -------------------------------------------------------


@pytest.fixture
def mapped(make: Make) -> World:
    """The question stands in a's record; nobody is written to."""
    return make(
        connection("a"), connection("b", imports=(), edits="keep"),
        trees={name: tree(fields=ASKS) for name in ("a", "b")},
    )  # fmt: skip


def test_the_question_is_in_the_stewards_record_only_and_a_tick_answers_it(mapped: World) -> None:
    id = share(mapped)
    after(mapped, 182)
    record, copy = mapped.systems["a"].rows[id], next(iter(mapped.systems["b"].rows.values()))
    until = (the(mapped).asked_at + ANSWER).date().isoformat()
    assert (
        record["Commons asks"]
        == f"Still needed? Tick “Still needed” or change anything by {until}; without a word it is withdrawn."
    )
    assert not copy.get("Commons asks")
    record["Still needed"] = True
    after(mapped, 2)
    assert not record["Commons asks"] and the(mapped).asked_at is None and record["Still needed"] is True
    after(mapped, 150)
    assert the(mapped).asked_at is None
    after(mapped, 32)
    assert the(mapped).asked_at is not None
    assert record["Commons asks"].startswith("Still needed?") and record["Still needed"] is False, (
        "a tick of last time is no answer"
    )
    assert mapped.quiet() == 0


def test_without_a_word_it_goes_and_a_tick_brings_it_back(mapped: World) -> None:
    id = share(mapped)
    after(mapped, 183)
    after(mapped, 33)
    record = mapped.systems["a"].rows[id]
    assert the(mapped).status == "withdrawn" and record["Commons asks"].startswith("Withdrawn: by ")
    record["Title"] = "Wells and pumps"
    after(mapped, 2)
    assert the(mapped).status == "withdrawn", "a corrected title asks for nothing"
    next(iter(mapped.systems["b"].rows.values()))["Still needed"] = True
    after(mapped, 2)
    assert the(mapped).status == "withdrawn", "nobody else's tick counts"
    record["Still needed"] = True
    after(mapped, 2)
    assert the(mapped).status == "published" and not record["Commons asks"]
    assert [r["Status"] for r in mapped.rows("b")] == ["published"]


# --- whose silence does not count --------------------------------------------------------


def test_nobody_is_delisted_who_could_not_be_told(make: Make) -> None:
    """No mail server, and no field for the question: it waits on the page, for as long as it takes."""
    world = make(connection("a"), connection("b", imports=()))
    share(world)
    after(world, 400)
    assert the(world).asked_at is not None and the(world).status == "published"


def test_a_mail_that_was_refused_told_nobody(make: Make, server: Taken) -> None:
    world = make(connection("a"), mail=MailConfig("127.0.0.1", server.port, "none", "hub@commons.test"))
    add_user(world.hub, "a", "nobody@a.test", "n", ["staff"], "a long enough one")
    share(world)
    after(world, 300)
    assert the(world).status == "published" and {m.state for m in world.table(Message)} == {"failed"}


def test_the_time_to_answer_runs_from_when_the_mail_went_out(world: World, server: Taken) -> None:
    share(world)
    after(world, 180)
    server.answers = ["451 4.3.0 Come back later"] * 200
    after(world, 3)
    asked_at = the(world).asked_at
    assert asked_at is not None and server.mails == []
    server.answers = []
    after(world, 1)
    told = min(m.ended_at for m in world.table(Message))
    after(world, 28)
    while the(world).status == "published":
        after(world, 1)
        assert world.time.now() < told + timedelta(days=33)
    assert the(world).delisted_at >= told + ANSWER > asked_at + ANSWER


def test_an_answer_that_the_hub_could_not_read_yet_is_waited_for(world: World) -> None:
    id = share(world)
    after(world, 182)
    world.systems["a"].rows[id]["Summary"] = "Clean water, still"
    after(world, 60, sync=False)
    assert the(world).status == "published"
    after(world, 1)
    assert the(world).asked_at is None and the(world).status == "published"


def test_a_hub_that_was_off_for_a_year_asks_everybody_and_delists_nobody(world: World, server: Taken) -> None:
    for n in range(3):
        share(world, Title=f"Wells {n}")
    after(world, 150)
    share(world, Title="Asked about already")
    after(world, 33)
    assert len([r for r in world.table(Opportunity) if r.asked_at]) == 3
    world.time.sleep(timedelta(days=365).total_seconds())
    back = world.time.now()
    after(world, 1)
    rows = world.table(Opportunity)
    assert {r.status for r in rows} == {"published"} and all(r.asked_at >= back for r in rows), "all of them, anew"
    assert len(server.mails) == 4 and server.text().count("* ") == 4, "in one mail to each"
    after(world, 28)
    assert {r.status for r in world.table(Opportunity)} == {"published"}
    after(world, 4)
    assert {r.status for r in world.table(Opportunity)} == {"withdrawn"}


def test_a_hub_that_meets_old_opportunities_for_the_first_time_asks_before_anything_else(world: World) -> None:
    share(world)
    world.sync()
    world.time.sleep(timedelta(days=800).total_seconds())
    asking.look(world.hub)
    assert the(world).status == "published" and the(world).asked_at == world.time.now()


def test_a_connection_that_fails_keeps_its_stewards_from_being_delisted(world: World) -> None:
    share(world)
    after(world, 182)
    with world.hub.writing() as conn:
        conn.execute(Connection.__table__.update().values(last_ok_at=world.time.now()))  # type: ignore[attr-defined]
    after(world, 40, sync=False)
    assert the(world).status == "published"


def test_several_processes_look_once(world: World) -> None:
    share(world)
    world.sync()
    world.time.sleep(timedelta(days=200).total_seconds())
    now = world.time.now()
    with world.hub.writing() as conn:
        assert chores.claim(conn, asking.CHORE, now, timedelta(hours=1)) == (True, None)
        assert chores.claim(conn, asking.CHORE, now, timedelta(hours=1)) == (False, now)
    asking.look(world.hub)
    assert the(world).asked_at is None, "another has it"
    world.time.sleep(3600)
    asking.look(world.hub)
    asked_at = the(world).asked_at
    assert asked_at is not None
    world.time.sleep(3600)
    asking.look(world.hub)
    assert the(world).asked_at == asked_at and len(world.table(Message)) == 2


def test_one_members_broken_mapping_does_not_keep_the_others_from_being_asked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    share(world)
    share(world, "b", Title="Pumps")
    world.sync()
    world.time.sleep(timedelta(days=200).total_seconds())
    there = asking.standings

    def broken(conn: Any, hub: Any, steward: str, rows: Any) -> Any:
        return 1 / 0 if steward == "a" else there(conn, hub, steward, rows)

    monkeypatch.setattr(asking, "standings", broken)
    asking.look(world.hub)
    assert {r.steward_id: r.asked_at is not None for r in world.table(Opportunity)} == {"a": False, "b": True}


def test_a_title_makes_no_second_line_in_a_mail(world: World, server: Taken) -> None:
    share(world)
    world.sync()
    with world.hub.writing() as conn:
        row = the(world)
        title = "Wells\r\nPay here: evil.test"
        history.change(conn, row, {"title": title}, Cause(world.time.now(), "hub", "changed"), origin={})
    after(world, 182)
    assert (
        "* Wells Pay here: evil.test\n" in server.text()
        and server.mails[0]["Subject"] == "Still needed? Wells Pay here: evil.test"
    )


def test_the_words_of_the_question_name_the_day() -> None:
    assert "by 2026-10-01" in question(NOW, False) and "by 2026-10-01" in question(NOW, True)
    assert replace(asked(), read_at=None).read_at is None

"""The digest tells each person once a period what is new and changed among what they look for, and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from hub.cli import main
from hub.commons import digest, positions, searches
from hub.commons.criteria import Criteria
from hub.people import wishes
from hub.store import people
from hub.store import wishes as stored
from hub.store.tables import Message, Pending
from tests.talk.conftest import Town

ROOT = Path(__file__).parents[2]
WATER = {
    "themes": ["water"],
    "organization.name": "جمعية الماء",
    "ask.requested": {"amount": "1500.50", "currency": "USD"},
}


def look_for(town: Town, who: str = "ada", member: str = "oak", name: str = "Wells", **criteria: Any) -> None:
    searches.save(town.hub, member, name, Criteria(**criteria or {"themes": ("water",)}), None, who)


def begun(town: Town, *who: str) -> None:
    """These people look for water, and the first digest is ahead of them."""
    for one in who or ("ada",):
        look_for(town, one)
    assert digest.look(town.hub) == 0 and town.mails() == []
    town.hub.time.sleep(1)


def pass_to(town: Town, month: int, day: int, hour: int = 7) -> None:
    until = datetime(2026, month, day, hour, tzinfo=UTC)
    town.hub.time.sleep((until - town.hub.time.now()).total_seconds())


def sent(town: Town) -> list[tuple[str, str]]:
    digest.look(town.hub)
    return town.mails()


def html(town: Town) -> str:
    part = town.server.mails[-1].get_body(("html",))
    assert part is not None
    return str(part.get_content())


def test_what_is_new_and_changed_is_told_with_why_as_text_and_html(both: Town) -> None:
    old = both.share("An older well", **WATER)
    both.hub.time.sleep(60)
    begun(both)
    id = both.share("بئر <b>Wells</b>", **WATER)
    both.share("A library", themes=["education"])
    both.edit(old, facts={"summary": "Deeper"})
    pass_to(both, 3, 15)
    [(to, _mail)] = sent(both)
    letter = both.server.mails[-1]
    assert to == "ada@oak.test" and letter["Subject"] == "From the commons: 1 new, 1 changed"
    assert letter.get_content_type() == "multipart/alternative"
    text, page = both.server.text(), html(both)
    assert "* \u2068بئر <b>Wells</b>\u2069" in text and "Asks for 1,500.50 USD" in text
    assert "Found by \u2068“Wells”: Water" in text and "Changed: Summary" in text and "library" not in text
    assert f"https://hub.test/opportunities/{id}" in text
    assert '<bdi dir="auto">بئر &lt;b&gt;Wells&lt;/b&gt;</bdi>' in page and "<b>" not in page and "library" not in page
    assert page.index("New</h2>") < page.index("بئر") < page.index("Changed</h2>") < page.index("An older well")
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert (
        letter["List-Unsubscribe"].startswith("<https://hub.test/unsubscribe/digest.ada.") and "Reply-To" not in letter
    )
    pass_to(both, 4, 1)
    assert sent(both) == [], "nothing since, so none is sent"


def test_nobody_hears_that_another_member_holds_a_hidden_position(town: Town) -> None:
    id = town.share("A well", **WATER)
    town.hub.time.sleep(60)
    begun(town)
    positions.state(town.hub, id, "ash", {"commitment.stage": "exploring", "commitment.note": "zz-secret"}, "kim")
    pass_to(town, 3, 15)
    assert sent(town) == []
    town.edit(id, facts={"summary": "Deeper"})
    pass_to(town, 4, 1)
    [(_, mail)] = sent(town)
    assert "Deeper" not in mail and "zz-secret" not in mail and "xploring" not in mail and "Summary" in mail


def test_only_what_one_may_see_when_it_is_sent_is_in_it(both: Town) -> None:
    begun(both, "ada")
    kept, gone = both.share("A kept well", **WATER), both.share("zz-taken-back", **WATER)
    both.share("zz-for-ash", audience="member:ash", **WATER)
    both.share("An unnamed well", named=False, **WATER)
    pass_to(both, 3, 15)
    assert digest.look(both.hub) == 1
    both.edit(gone, audience="member:ash")
    assert both.mails() == [], "it told of something that is not theirs any more"
    both.hub.time.sleep(digest.LOOK.total_seconds())
    [(_, mail)] = sent(both)
    assert "A kept well" in mail and "zz-" not in mail and kept in mail
    assert "Shared by \u2068a member\u2069" in both.server.text()
    pass_to(both, 4, 1)
    assert sent(both) == []


def test_what_was_opened_to_one_is_new_to_them_alone(town: Town) -> None:
    begun(town)
    look_for(town, "kim", "ash")
    town.hub.time.sleep(digest.LOOK.total_seconds())
    digest.look(town.hub)
    town.hub.time.sleep(1)
    id = town.share("A well", audience="member:ash", **WATER)
    pass_to(town, 3, 15)
    assert [to for to, _ in sent(town)] == ["kim@ash.test"]
    town.edit(id, audience="all")
    pass_to(town, 4, 1)
    [(to, mail)] = sent(town)
    assert to == "ada@oak.test" and "1 new" in mail


def test_what_no_person_has_judged_yet_is_told_once_it_is(both: Town) -> None:
    begun(both)
    id = both.share("A well", **WATER)
    with both.hub.writing() as conn:
        conn.execute(vars(Pending)["__table__"].insert(), {"run_id": "r", "opportunity_id": id})
    pass_to(both, 3, 15)
    assert sent(both) == []
    pass_to(both, 4, 1)
    assert sent(both) == []
    with both.hub.writing() as conn:
        conn.execute(vars(Pending)["__table__"].delete())
    pass_to(both, 4, 15)
    [(_, mail)] = sent(both)
    assert "1 new" in mail and "A well" in mail
    pass_to(both, 5, 1)
    assert sent(both) == []


@pytest.mark.parametrize(
    ("every", "days"),
    [
        ("twice", [(3, 15), (4, 1), (4, 15)]),
        ("weekly", [(3, 9), (3, 16), (3, 23)]),
        ("monthly", [(4, 1), (5, 1), (6, 1)]),
    ],
)
def test_it_comes_as_often_as_one_says(every: str, days: list[tuple[int, int]]) -> None:
    found, at = [], datetime(2026, 3, 3, 9, tzinfo=UTC)
    for _ in days:
        next = wishes.next_digest(every, at)
        assert next is not None
        found.append((next.month, next.day))
        at = next
    assert found == days and wishes.next_digest("off", at) is None


def test_who_turned_it_off_or_cannot_sign_in_gets_none_and_coming_back_begins_anew(town: Town) -> None:
    begun(town, "ada", "bob")
    town.share("A well", **WATER)
    wishes.choose(town.hub, "ada", True, "off")
    with town.hub.writing() as conn:
        people.change(conn, "bob", active=False)
    pass_to(town, 3, 15)
    assert sent(town) == []
    wishes.choose(town.hub, "ada", True, "weekly")
    town.hub.time.sleep(1)
    town.share("Another well", **WATER)
    pass_to(town, 3, 16)
    [(_, mail)] = sent(town)
    assert "Another well" in mail and "A well" not in mail
    with pytest.raises(ValueError, match="hourly"):
        wishes.choose(town.hub, "ada", True, "hourly")


def test_two_workers_make_one_digest_each(both: Town) -> None:
    begun(both, "ada", "bob")
    both.share("A well", **WATER)
    pass_to(both, 3, 15)
    begin, made = threading.Barrier(3), []

    def work() -> None:
        begin.wait()
        made.append(digest.make(both.hub))

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(made) == 2 and sorted(to for to, _ in both.mails()) == ["ada@oak.test", "bob@oak.test"]


SCRIPT = """
import sys
from datetime import datetime
from connectors.clock import ManualTime
from hub.app import open_hub
from hub.commons import digest
from hub.config import Config, MemberConfig
from hub.mail.settings import MailConfig
members = {id: MemberConfig(id, id) for id in ("elm", "oak", "ash")}
config = Config(sys.argv[1], members, {}, digest="t", public_url="https://hub.test",
                mail=MailConfig("127.0.0.1", 9, "none", "hub@commons.test"))
print(digest.make(open_hub(config, time=ManualTime(datetime.fromisoformat(sys.argv[2])))))
"""


def test_a_process_killed_in_between_leaves_nobody_without_and_nobody_with_two(town: Town) -> None:
    begun(town, "ada", "bob")
    town.share("A well", **WATER)
    pass_to(town, 3, 15)
    command = [sys.executable, "-c", SCRIPT, town.hub.config.database, town.hub.time.now().isoformat()]
    for point in ("digest.claimed", "digest.queued:2"):
        killed = subprocess.run(command, cwd=ROOT, env=os.environ | {"HUB_CRASH_AT": point}, check=False)
        assert killed.returncode == -signal.SIGKILL
    assert [digest.make(town.hub), digest.make(town.hub)] == [1, 0], "the first was whole, the second not begun"
    assert sorted(to for to, _ in town.mails()) == ["ada@oak.test", "bob@oak.test"]


def test_one_failing_digest_keeps_nobody_from_theirs(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    begun(town, "ada", "bob")
    town.share("A well", **WATER)
    pass_to(town, 3, 15)
    there = digest.letter

    def letter(conn: Any, hub: Any, wish: Any, person: Any, *rest: Any) -> Any:
        if person.id == "ada":
            raise ZeroDivisionError
        return there(conn, hub, wish, person, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(digest, "letter", letter)
        assert [to for to, _ in sent(town)] == ["bob@oak.test"]
    town.hub.time.sleep(digest.LOOK.total_seconds())
    assert [to for to, _ in sent(town)] == ["ada@oak.test"]


def test_without_a_mail_server_nobodys_time_passes(town: Town) -> None:
    begun(town)
    town.share("A well", **WATER)
    mail, town.hub.config = town.hub.config.mail, replace(town.hub.config, mail=None)
    pass_to(town, 3, 15)
    assert digest.look(town.hub) == 0
    town.hub.config = replace(town.hub.config, mail=mail)
    assert len(sent(town)) == 1


def test_a_long_list_is_cut_and_says_so(town: Town) -> None:
    begun(town)
    for number in range(digest.MOST + 2):
        town.hub.time.sleep(1)
        town.share(f"Well number {number:03}", **WATER)
    pass_to(town, 3, 15)
    [(_, mail)] = sent(town)
    assert "And 2 more." in mail and "Well number 031" in mail and "Well number 001" not in mail


def test_no_title_steers_the_text_around_it(town: Town) -> None:
    begun(town)
    town.share("Wells\u202egnp\u2069\r\nBcc: eve@evil.test", **WATER)
    pass_to(town, 3, 15)
    sent(town)
    assert "\u2068Wellsgnp Bcc: eve@evil.test\u2069" in town.server.text()
    assert "\u202e" not in html(town) and town.server.recipients == ["ada@oak.test"]


def test_the_command_prints_what_would_be_sent_and_sends_nothing(tmp_path: Path, town: Town) -> None:
    members = "".join(
        f'[members.{id}]\nname = "{name}"\n' for id, name in (("elm", "Elm"), ("oak", "Oak"), ("ash", "Ash"))
    )
    (tmp_path / "config.toml").write_text(f'[hub]\ndatabase = "{town.hub.config.database}"\n{members}')
    look_for(town)
    with town.hub.writing() as conn:
        wishes.of(conn, town.hub, ["ada"])
        stored.change(conn, "ada", since=datetime.now(UTC) - timedelta(days=3))
    run, config = CliRunner(), ["--config", str(tmp_path / "config.toml")]
    nothing = run.invoke(main, ["digest", "--preview", "ada@oak.test", *config])
    assert nothing.exit_code == 0 and "nothing would be sent" in nothing.output
    town.hub.time.sleep((datetime.now(UTC) - town.hub.time.now()).total_seconds() - 60)
    town.share("A well", **WATER)
    shown = run.invoke(main, ["digest", "--preview", "Ada@oak.test", *config])
    assert shown.exit_code == 0 and "Subject: From the commons: 1 new" in shown.output and "A well" in shown.output
    assert "<h2" in run.invoke(main, ["digest", "--preview", "ada@oak.test", "--html", *config]).output
    assert run.invoke(main, ["digest", "--preview", "nobody@oak.test", *config]).exit_code != 0
    with town.hub.reading() as conn:
        assert conn.execute(vars(Message)["__table__"].select()).all() == []


def test_of_very_many_only_the_newest_are_looked_for_and_what_waits_is_carried_over_all_the_same(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digest, "ENOUGH", 2)
    monkeypatch.setattr(digest, "MOST", 2)
    begun(town)
    waits = town.share("A held well", **WATER)
    with town.hub.writing() as conn:
        conn.execute(vars(Pending)["__table__"].insert(), {"run_id": "r", "opportunity_id": waits})
    for number in range(5):
        town.hub.time.sleep(1)
        town.share(f"Well number {number}", **WATER)
    pass_to(town, 3, 15)
    [(_, mail)] = sent(town)
    assert "And many more." in mail and "Well number 4" in mail and "Well number 0" not in mail and "held" not in mail
    with town.hub.writing() as conn:
        conn.execute(vars(Pending)["__table__"].delete())
    pass_to(town, 4, 1)
    [(_, mail)] = sent(town)
    assert "A held well" in mail and "Well number" not in mail

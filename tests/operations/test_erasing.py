"""A person who is erased is in no table, no index, no mail, no file of the database and no log; what remains is said."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text

from hub.people.erasing import erase
from hub.store import sealing
from hub.store import tables as t
from hub.sync import history
from tests.sync.conftest import Make, World, connection, make, share  # noqa: F401

NAME, EMAIL = "Åsa Ökonkwo", "asa.okonkwo@upper.example"
WORDS = ("ökonkwo", "asa.okonkwo")


def put(world: World, model: Any, **values: Any) -> None:
    with world.hub.writing() as conn:
        conn.execute(model.__table__.insert().values(**values))


def everywhere(world: World) -> str:
    """Every row of every table that the database itself knows of, the index of words among them."""
    said = []
    with world.hub.reading() as conn:
        for name in inspect(conn).get_table_names():
            for row in conn.execute(text(f'SELECT * FROM "{name}"')):
                said.append(
                    name + " ".join(v.decode("utf-8", "ignore") if isinstance(v, bytes) else str(v) for v in row)
                )
    return "\n".join(said).casefold()


def fill(world: World, opportunity: str) -> None:
    """The person in everything that people write or the hub keeps."""
    now, said = world.time.now(), f"Ask {NAME}, {EMAIL.upper()}"
    put(world, t.User, id="u", member_id="a", email=EMAIL, name=NAME, password_hash="x", roles=["staff"], active=True)
    put(world, t.Session, id_hash="s", id="s", user_id="u", created_at=now, seen_at=now)
    put(world, t.Bookmark, user_id="u", opportunity_id=opportunity, at=now)
    put(world, t.MailWish, user_id="u", key="k", posts=True, digest="twice")
    put(world, t.SignInAttempt, email=EMAIL, address="::1", at=now)
    put(
        world,
        t.Invitation,
        id="i",
        member_id="a",
        email=EMAIL,
        name=NAME,
        roles=[],
        token_hash="h",
        by="u",
        state="used",
    )
    for state in ("waiting", "sent"):
        put(
            world,
            t.Message,
            id=state,
            to=EMAIL,
            subject=f"To {NAME}",
            body=said,
            html=said,
            headers={"To": said},
            state=state,
        )
    put(world, t.Thread, id="t", opportunity_id=opportunity, first_member="a", second_member="b")
    put(world, t.Post, id="p", thread_id="t", from_member="a", by="u", kind="question", text=said, at=now)
    put(world, t.Recommendation, id="r", opportunity_id=opportunity, member_id="b", note=said, state="open", by="u")
    put(world, t.Handover, id="h", opportunity_id=opportunity, from_member="a", to_member="b", word=said, answer=said,
        state="declined", by="u")  # fmt: skip
    put(world, t.SavedSearch, id="s", member_id="a", name=said, criteria={}, created_by="u")
    put(world, t.Token, id="t", member_id="a", name=said, scopes=[], token_hash="h")
    put(
        world, t.Quarantine, id="q", connection_id="a", remote_id="x", reason=said, fields={"Owner": said}, state="open"
    )
    put(world, t.Run, id="run", connection_id="a", state="failed", counts={}, error=said, started_at=now, ended_at=now)
    put(world, t.Intent, id="n", run_id="run", connection_id="a", opportunity_id=opportunity, link_id="l", action="update",
        state="done", fields={"Summary": said}, opened_at=now)  # fmt: skip
    put(world, t.Hold, id="o", run_id="run", connection_id="a", kind="first_sync", reason="r", items=[{"title": said}],
        plan_hash="h", state="used", at=now)  # fmt: skip
    put(world, t.Conflict, id="c", opportunity_id=opportunity, path="summary", state="resolved", base=said, commons=said,
        parties=[{"value": said}], choice=said, opened_at=now)  # fmt: skip
    put(world, t.Suggestion, id="g", opportunity_id=opportunity, connection_id="b", path="summary", value=said, commons=said,
        state="declined", word=said, at=now)  # fmt: skip
    put(
        world,
        t.Upload,
        id="u",
        connection_id="a",
        by="u",
        name=f"{NAME}.csv",
        state="applied",
        report={"rows": [said]},
        look="",
    )
    put(world, t.ReferenceQuestion, id="f", connection_id="a", link_id="l", opportunity_id=opportunity, column="x",
        wish={"fields": {"Name": said}}, candidates=[{"fields": {"Name": said}}], state="linked")  # fmt: skip
    put(world, t.MatchQuestion, id="m", connection_id="a", link_id="l", opportunity_id=opportunity,
        candidates=[{"fields": {"Name": said}}], state="done")  # fmt: skip


def test_who_is_erased_is_nowhere(make: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:  # noqa: F811
    caplog.set_level(logging.DEBUG, "hub")
    world = make(connection("a"), connection("b", imports=()))
    id = share(world, Title="Wells", Summary=f"Ask {NAME} ({EMAIL})")
    world.sync()
    sealing.seal(world.hub.engine, world.time.now())
    fill(world, world.table(t.Opportunity)[0].id)
    first = erase(world.hub, EMAIL, "test")
    assert not world.table(t.Session) and not world.table(t.Bookmark), (
        "nothing that is theirs alone stays, nor a way in"
    )
    assert first.account and first.other == 18
    assert any("summary" in sentence and "a, b" in sentence for sentence in first.remains)
    assert any("rows of link" in sentence for sentence in first.remains)
    assert "ökonkwo" in everywhere(world)

    world.systems["a"].rows[id]["Summary"] = "Ask the office"
    for _ in range(2):
        world.sync()
    second = erase(world.hub, NAME, "test")
    assert second.remains == [] and second.values
    left = everywhere(world)
    assert [word for word in WORDS if word in left] == []
    for file in tmp_path.glob("hub.db*"):  # nor in a page that is not used any more
        there = file.read_bytes().decode("utf-8", "ignore").casefold()
        assert [word for word in WORDS if word in there] == [], file.name
    assert [word for word in WORDS if word in caplog.text.casefold()] == []
    sealing.seal(world.hub.engine, world.time.now())
    with world.hub.reading() as conn:
        assert sealing.verify(conn).wrong == [] and history.disagreements(conn) == []
    assert world.quiet() == 0


def test_what_waits_for_a_decision_is_not_torn_and_is_said(make: Make) -> None:  # noqa: F811
    world = make(connection("a"))
    put(world, t.Hold, id="o", run_id="run", connection_id="a", kind="first_sync", reason="r", items=[{"title": NAME}],
        plan_hash="h", state="waiting")  # fmt: skip
    assert erase(world.hub, NAME, "test").remains == ["1 rows of hold (holds that wait; decide them)."]
    assert world.table(t.Hold)[0].items == [{"title": NAME}]


def test_others_stay_as_they_are(make: Make) -> None:  # noqa: F811
    world = make(connection("a"))
    put(
        world,
        t.User,
        id="v",
        member_id="a",
        email="v@a.example",
        name="Åsa Other",
        password_hash="x",
        roles=[],
        active=True,
    )
    put(world, t.Message, id="m", to="v@a.example", subject="s", body="b", state="waiting")
    erase(world.hub, EMAIL, "test")
    assert world.table(t.User)[0].active and len(world.table(t.Message)) == 1
    with pytest.raises(ValueError, match="full name"):
        erase(world.hub, "Åsa", "test")

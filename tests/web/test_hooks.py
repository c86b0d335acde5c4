"""Webhooks are hints: they start a run, and nothing else."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from werkzeug.test import TestResponse

from connectors.contract import Secret
from hub import hooks
from hub.config import ConfigError
from hub.config_files import load
from hub.signing import sign, signed
from hub.store import connections
from hub.sync.run import OneRun
from tests.web.conftest import CONFIG, Site

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


@pytest.fixture
def hooked(site: Site) -> Site:
    """Elm's connection takes hints, and is due in an hour."""
    config = site.hub.config
    there = {**config.connections, "elm-sheet": replace(config.connections["elm-sheet"], hook_secret=Secret(SECRET))}
    site.hub.config = replace(config, connections=there)
    rest(site)
    return site


def rest(site: Site, **more: object) -> None:
    with site.hub.writing() as conn:
        connections.change(conn, "elm-sheet", due_at=site.time.now() + timedelta(hours=1), **more)


def due(site: Site) -> bool:
    with site.hub.reading() as conn:
        return bool(connections.due(conn, ["elm-sheet"], site.time.now()))


def hint(
    site: Site, id: str = "msg_1", body: bytes = b'{"type": "changed"}', *, to: str = "elm-sheet", secret: str = SECRET,
    late: float = 0, **headers: str,
) -> TestResponse:  # fmt: skip
    seconds = str(int(site.time.now().timestamp() - late))
    sent = {
        "webhook-id": id,
        "webhook-timestamp": seconds,
        "webhook-signature": f"v1,{sign(secret, id, seconds, body)}",
    }
    return site.app.test_client().post(f"/hooks/{to}", data=body, headers=sent | headers)


def test_a_signature_is_the_one_that_standard_webhooks_publishes() -> None:
    """The vector of the specification's own libraries."""
    secret, id, seconds, body = (
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "1614265330",
        b'{"test": 2432232314}',
    )
    assert sign(secret, id, seconds, body) == "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    headers = {"webhook-id": id, "webhook-timestamp": seconds}
    rotated = headers | {
        "webhook-signature": "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    }
    assert signed(secret, rotated, body, datetime.fromtimestamp(1614265330, UTC)) == id
    assert signed(secret, rotated, body + b" ", datetime.fromtimestamp(1614265330, UTC)) is None


def test_a_hint_makes_its_connection_due_and_stores_nothing_of_what_it_says(hooked: Site) -> None:
    assert not due(hooked)
    assert hint(hooked, body=b'{"title": "zz-canary"}').status_code == 202
    assert due(hooked)
    with hooked.hub.reading() as conn:
        dump = "".join(
            str(conn.exec_driver_sql(f"SELECT * FROM {table}").all()) for table in ("hint", "connection", "audit")
        )
    assert "zz-canary" not in dump


def unnumbered(page: str) -> str:
    """Without the number that each request has."""
    return re.sub(r">[0-9a-f]{16}<", "><", page)


def test_whatever_nobody_signed_is_answered_as_if_there_were_no_such_connection(hooked: Site) -> None:
    unknown = hint(hooked, to="no-such")
    for other in (
        hint(hooked, secret="whsec_" + base64.b64encode(bytes(32)).decode()),
        hint(hooked, to="oak-sheet"),  # it has no secret, so that nobody can sign
        hint(hooked, to="oak-sheet", secret=hooks.NOBODY),
        hint(hooked, late=301),
        hint(hooked, late=-301),
        hint(hooked, **{"webhook-signature": "v1,AAAA"}),
        hint(hooked, **{"webhook-id": "another"}),
        hint(hooked, **{"webhook-timestamp": "soon"}),
        hooked.app.test_client().post("/hooks/elm-sheet", data=b"{}"),
    ):
        assert other.status_code == 404 and unnumbered(other.text) == unnumbered(unknown.text)
    assert not due(hooked) and hint(hooked, late=299).status_code == 202


def test_a_message_counts_once_and_many_make_one_run(hooked: Site) -> None:
    assert hint(hooked).status_code == 202
    rest(hooked)
    assert hint(hooked).status_code == 202 and not due(hooked)
    assert [hint(hooked, f"msg_{n}").status_code for n in range(2, 9)] == [202] * 7
    assert due(hooked)


def test_a_message_counts_once_as_long_as_its_time_is_good(hooked: Site) -> None:
    """Sent by a clock that is ahead, it is good for nearly twice the tolerance."""
    assert hint(hooked, late=-299).status_code == 202
    hooked.time.sleep(590)
    rest(hooked)
    assert hint(hooked, late=291).status_code == 202 and not due(hooked), "the very same message"
    assert hint(hooked, "msg_2").status_code == 202 and due(hooked)


def test_a_flood_is_told_to_wait_and_then_taken_again(hooked: Site) -> None:
    answers = [hint(hooked, f"f-{n}") for n in range(hooks.MOST + 3)]
    assert [a.status_code for a in answers].count(202) == hooks.MOST
    assert answers[-1].status_code == 429 and answers[-1].headers["Retry-After"] == "60"
    hooked.time.sleep(61)
    assert hint(hooked, "later").status_code == 202


def test_a_body_beyond_64_kb_is_not_read(hooked: Site) -> None:
    assert hint(hooked, body=b"x" * (64 * 1024 + 1)).status_code == 413 and not due(hooked)


def test_a_hint_during_a_run_makes_another_right_after_it(hooked: Site) -> None:
    folder = hooked.hub.config.path.parent / "elm"  # type: ignore[union-attr]
    folder.mkdir()
    (folder / "rows.csv").write_text("Commons ID,Title,Share\n")
    run = OneRun(hooked.hub, "elm-sheet", "schedule")
    run.take_in()
    hooked.time.sleep(5)
    assert hint(hooked).status_code == 202 and not due(hooked)  # one run at a time
    hooked.time.sleep(5)
    run.give_out()
    assert run.result.state in ("done", "held"), run.result.message
    assert due(hooked)


def test_a_connection_in_trouble_keeps_its_pause(hooked: Site) -> None:
    rest(hooked, failures=3)
    assert hint(hooked).status_code == 202 and not due(hooked)


@pytest.mark.parametrize(
    ("secret", "says"),
    [("not base64!", "whsec_ and base64"), ("whsec_" + base64.b64encode(b"short").decode(), "too short: 5 bytes")],
)
def test_a_secret_that_cannot_sign_is_said_before_the_hub_starts(site: Site, secret: str, says: str) -> None:
    path = site.hub.config.path
    assert path is not None
    path.write_text(CONFIG.replace("shares = true", 'shares = true\nhook_secret = "env:HOOK"'))
    with pytest.raises(ConfigError, match=says):
        load(path, {"HOOK": secret})
    assert load(path, {"HOOK": SECRET}).connections["elm-sheet"].hook_secret == Secret(SECRET)

"""Mail goes out once, as it was meant, to a real server; and what cannot go out waits or is said to have failed."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trustme

from connectors.clock import ManualTime
from connectors.contract import Secret
from hub.app import Hub, open_hub
from hub.config import ConfigError
from hub.config_files import load
from hub.jobs.clock import Clock
from hub.mail import sending
from hub.mail.settings import MailConfig
from hub.store import outbox
from hub.store.tables import Message
from tests.mailserver import Taken, mail_server

CONFIG = """\
[hub]
database = "sqlite:///hub.db"
[members.elm]
name = "Elm Fund"
"""


@pytest.fixture
def server() -> Iterator[Taken]:
    with mail_server() as taken:
        yield taken


def hub_for(folder: Path, config: MailConfig | None, database: str | None = None) -> Hub:
    (folder / "config.toml").write_text(CONFIG)
    loaded = replace(load(folder / "config.toml"), mail=config)
    return open_hub(replace(loaded, database=database or loaded.database), time=ManualTime())


@pytest.fixture(params=["sqlite", "postgresql"])
def hub(request: pytest.FixtureRequest, tmp_path: Path, server: Taken) -> Iterator[Hub]:
    database = str(request.getfixturevalue("new_postgres")()) if request.param == "postgresql" else None
    hub = hub_for(tmp_path, MailConfig("127.0.0.1", server.port, "none", "hub@commons.test", "Commons «Hub»"), database)
    yield hub
    hub.engine.dispose()


def queue(hub: Hub, to: str = "ada@elm.test", subject: str = "Hello", body: str = "A line.\n") -> str:
    with hub.writing() as conn:
        id = sending.queue(conn, hub, to, subject, body)
    assert id is not None
    return id


def stored(hub: Hub, id: str) -> Message:
    with hub.reading() as conn:
        return outbox.by_id(conn, [id])[id]


def pass_minutes(hub: Hub, minutes: float) -> None:
    hub.time.sleep(minutes * 60)


def test_a_mail_is_plain_text_and_says_that_nobody_need_answer_it(hub: Hub, server: Taken) -> None:
    id = queue(hub, subject="Grüße — مرحبا", body="Wells für Ḥawrān: https://hub.test/welcome/" + "a" * 64 + "\n")
    assert sending.send_waiting(hub) == 1
    sent = server.mails[0]
    assert (
        sent["Subject"] == "Grüße — مرحبا"
        and sent["To"] == "ada@elm.test"
        and sent["From"] == "Commons «Hub» <hub@commons.test>"
    )
    assert sent["Auto-Submitted"] == "auto-generated" and sent["Message-ID"] == f"<{id}@commons.test>"
    assert sent["Date"].datetime == hub.time.now() and sent.get_content_type() == "text/plain"
    assert server.text() == "Wells für Ḥawrān: https://hub.test/welcome/" + "a" * 64 + "\n"
    assert server.recipients == ["ada@elm.test"]


def test_what_is_sent_is_not_sent_again_and_its_text_is_forgotten(hub: Hub, server: Taken) -> None:
    id = queue(hub)
    assert [sending.send_waiting(hub) for _ in range(3)] == [1, 0, 0] and len(server.mails) == 1
    found = stored(hub, id)
    assert (found.state, found.body, found.tries, found.error) == ("sent", "", 1, None)


def test_a_change_that_is_rolled_back_takes_its_mail_with_it(hub: Hub, server: Taken) -> None:
    def fall() -> None:
        with hub.writing() as conn:
            sending.queue(conn, hub, "ada@elm.test", "Hello", "A line.")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fall()
    assert sending.send_waiting(hub) == 0 and server.mails == []


@pytest.mark.parametrize(
    "subject", ["Wells\r\nBcc: eve@evil.test", "Wells\nX: y", "Wells\u2028Bcc: eve@evil.test", "a\x00b", "\ud800"]
)
def test_no_subject_makes_another_header(hub: Hub, server: Taken, subject: str) -> None:
    queue(hub, subject=subject)
    assert sending.send_waiting(hub) == 1
    assert server.recipients == ["ada@elm.test"] and "Bcc" not in server.mails[0] and "X" not in server.mails[0]
    assert server.mails[0]["Subject"].startswith(("Wells ", "a b", "?"))


@pytest.mark.parametrize(
    "to", ["ada@elm.test\nBcc: eve@evil.test", "a@b.test, eve@evil.test", "Ada <a@b.test>", "nobody", "a b@c.test", ""]
)
def test_an_address_is_one_address_or_nothing_is_sent(hub: Hub, server: Taken, to: str) -> None:
    with hub.writing() as conn:
        assert sending.queue(conn, hub, to, "Hello", "A line.") is None
    assert sending.send_waiting(hub) == 0 and server.mails == []


def test_a_line_of_a_stranger_stays_one_line() -> None:
    assert (
        sending.one_line(" Wells\r\n\r\nDear officer,\tpay \x1b[31mhere\u2029 ") == "Wells Dear officer, pay [31mhere"
    )


def test_the_clock_sends_what_waits_and_goes_on_when_that_went_wrong(
    hub: Hub, server: Taken, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue(hub)
    trouble = [ZeroDivisionError(), None]

    def due(*given: Any) -> list[Message]:
        if error := trouble.pop(0) if trouble else None:
            raise error
        return there(*given)

    there = outbox.due
    monkeypatch.setattr(outbox, "due", due)
    clock = Clock(hub, tick=0.05)
    clock.start()
    for _ in range(600):
        if server.mails and not trouble:
            break
        threading.Event().wait(0.05)
    clock.stop()
    assert len(server.mails) == 1 and not trouble


def test_two_processes_send_a_mail_once(hub: Hub, server: Taken) -> None:
    ids = [queue(hub, body=f"Mail {n}") for n in range(12)]
    begin = threading.Barrier(4)

    def work() -> None:
        begin.wait()
        sending.send_waiting(hub)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(m["Message-ID"] for m in server.mails) == sorted(f"<{id}@commons.test>" for id in ids)


def test_a_process_that_dies_before_it_notes_what_went_out_sends_it_again_under_the_same_id(
    hub: Hub, server: Taken, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue(hub)

    def die(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "end", die)
        with pytest.raises(KeyboardInterrupt):
            sending.send_waiting(hub)
    assert sending.send_waiting(hub) == 0, "it may still be at work"
    pass_minutes(hub, 11)
    assert sending.send_waiting(hub) == 1 and sending.send_waiting(hub) == 0
    first, second = server.mails
    assert first["Message-ID"] == second["Message-ID"]


def test_an_answer_that_is_lost_is_asked_for_again_later(hub: Hub, server: Taken) -> None:
    id = queue(hub)
    server.lost = 1
    assert sending.send_waiting(hub) == 0 and stored(hub, id).state == "waiting"
    pass_minutes(hub, 2)
    assert sending.send_waiting(hub) == 1
    assert len({m["Message-ID"] for m in server.mails}) == 1 and stored(hub, id).state == "sent"


def test_a_mailbox_that_is_not_there_fails_for_good_and_holds_up_nobody(hub: Hub, server: Taken) -> None:
    bad, good = queue(hub, to="nobody@elm.test"), queue(hub)
    assert sending.send_waiting(hub) == 1
    assert stored(hub, good).state == "sent" and server.sessions == 1
    failed = stored(hub, bad)
    assert (failed.state, failed.body) == ("failed", "") and failed.error == "550 5.1.1 There is no such mailbox"
    pass_minutes(hub, 24 * 60)
    assert sending.send_waiting(hub) == 0 and len(server.mails) == 1


def test_not_now_is_tried_again_after_pauses_that_grow(hub: Hub, server: Taken) -> None:
    id = queue(hub)
    pauses = []
    for _ in range(12):
        server.answers = ["451 4.3.0 Come back later"]
        sending.send_waiting(hub)
        found = stored(hub, id)
        assert found.state == "waiting" and found.error == "451 4.3.0 Come back later"
        pauses.append((found.not_before - hub.time.now()).total_seconds() / 60)
        assert sending.send_waiting(hub) == 0 and server.answers == [], "not before its time"
        pass_minutes(hub, pauses[-1])
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 240, 240, 240, 240]
    assert sending.send_waiting(hub) == 1


def test_a_server_that_is_away_for_days_fails_what_is_too_old_to_be_of_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    hub = hub_for(tmp_path, MailConfig("127.0.0.1", port, "none", "hub@commons.test"))
    id = queue(hub)
    assert sending.send_waiting(hub) == 0 and "127.0.0.1: " in (stored(hub, id).error or "")
    pass_minutes(hub, 6 * 24 * 60)
    young = queue(hub)
    sending.send_waiting(hub)
    found = stored(hub, id)
    assert (found.state, found.body) == ("failed", "") and "refused" in (found.error or "").lower()
    assert stored(hub, young).state == "waiting"
    hub.engine.dispose()


def test_without_a_mail_server_in_the_configuration_there_is_no_message_at_all(tmp_path: Path) -> None:
    hub = hub_for(tmp_path, None)
    with hub.writing() as conn:
        assert sending.queue(conn, hub, "ada@elm.test", "Hello", "A line.") is None
        assert conn.execute(outbox.t.select()).all() == []
    assert sending.send_waiting(hub) == 0
    hub.engine.dispose()


def test_a_server_that_answers_a_byte_at_a_time_is_hung_up_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "WHOLE", 0.5)
    over = threading.Event()

    def trickle(listening: socket.socket) -> None:
        talk, _ = listening.accept()
        with talk:
            try:
                while not over.wait(0.05):
                    talk.sendall(b"2")
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=trickle, args=(listening,))
        thread.start()
        hub = hub_for(tmp_path, MailConfig("127.0.0.1", listening.getsockname()[1], "none", "hub@commons.test"))
        id = queue(hub)
        assert sending.send_waiting(hub) == 0
        over.set()
        thread.join(10)
    assert stored(hub, id).state == "waiting" and stored(hub, id).error
    hub.engine.dispose()


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_the_way_to_the_server_is_private_and_its_certificate_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tls: Any
) -> None:
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with mail_server(context, implicit=tls == "tls") as taken:
        config = MailConfig("localhost", taken.port, tls, "hub@commons.test", "", "hub", Secret("sesame"))
        hub = hub_for(tmp_path, config)
        id = queue(hub)
        assert sending.send_waiting(hub) == 0, "signed by nobody that this machine knows"
        assert "certificate" in (stored(hub, id).error or "").lower() and taken.signed_in == []
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        pass_minutes(hub, 2)
        assert sending.send_waiting(hub) == 1 and taken.signed_in == ["hub"]
        hub.engine.dispose()


def test_a_server_that_offers_no_tls_gets_neither_password_nor_mail(tmp_path: Path, server: Taken) -> None:
    hub = hub_for(tmp_path, MailConfig("127.0.0.1", server.port, "starttls", "h@c.test", "", "hub", Secret("sesame")))
    id = queue(hub)
    assert sending.send_waiting(hub) == 0 and server.mails == [] and server.signed_in == []
    assert "STARTTLS" in (stored(hub, id).error or "") and "sesame" not in (stored(hub, id).error or "")
    hub.engine.dispose()


MAIL = '[mail]\nhost = "mail.test"\nfrom = "Hub <hub@commons.test>"\n'


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ('[mail]\nhost = "mail.test"\n', r'config.toml:5: \[mail\] needs "from"'),
        ('[mail]\nhost = "mail.test"\nfrom = "the hub"\n', r'config.toml:7: "from" is "the hub"'),
        (MAIL + 'tls = "sometimes"\n', r'config.toml:8: "tls" is one of starttls, tls, none'),
        (MAIL + 'user = "hub"\n', r'config.toml:8: "user" and "password" belong together'),
        (MAIL + 'user = "hub"\npassword = "sesame"\n', r'config.toml:9: "password" is a secret .*env:HUB_MAIL_PASSWORD'),
        (MAIL + 'user = "hub"\npassword = "env:P"\ntls = "none"\n', r'config.toml:10: "none" would send the password'),
    ],
)  # fmt: skip
def test_a_mail_part_that_cannot_work_is_refused_with_its_line(tmp_path: Path, more: str, says: str) -> None:
    (tmp_path / "config.toml").write_text(CONFIG + more)
    with pytest.raises(ConfigError) as refused:
        load(tmp_path / "config.toml", {"P": "sesame"})
    assert re.search(says, str(refused.value)), refused.value
    assert "sesame" not in str(refused.value)


def test_a_mail_part_is_read_with_its_usual_port(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(CONFIG + MAIL + 'user = "hub"\npassword = "env:P"\n')
    found = load(tmp_path / "config.toml", {"P": "sesame"}).mail
    assert found == MailConfig("mail.test", 587, "starttls", "hub@commons.test", "Hub", "hub", Secret("sesame"))
    assert "sesame" not in repr(found)

"""Mail: queued in the transaction of what it is about, and sent by the clock outside any transaction.

A message never says anything of anybody's pipeline: it goes through systems that no access rule of the hub reaches.
"""

from __future__ import annotations

import logging
import smtplib
import socket
import ssl
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from sqlalchemy import Connection

from hub.app import Hub
from hub.mail.addresses import is_address
from hub.mail.settings import MailConfig
from hub.store import outbox
from hub.store.tables import Message

log = logging.getLogger("hub.mail")

AT_ONCE = 20
"""Messages of one sign-in at the mail server."""
STEP = 20.0
WHOLE = 60.0
"""Seconds that one answer of the server, and all of them together, may take."""
CLAIM = timedelta(minutes=10)
"""Longer than a process could be busy with what it claimed (WHOLE, and a look-up of the name): only a dead one loses it."""
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=4)
GIVE_UP = timedelta(days=5)
"""RFC 5321, section 4.5.4.1: at least four to five days."""
KEPT = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Beside:
    """What a mail has beside its text. ``reply_to``: the address of somebody who agreed to be written to. ``unsubscribe``: where
    one POST ends mails of this kind (RFC 8058). ``thread``: an id that all mails of one conversation name. ``reader``: it goes
    out only while its recipient is active at this member, and that may see all opportunities that it is ``about``."""

    html: str | None = None
    reply_to: str | None = None
    unsubscribe: str | None = None
    thread: str | None = None
    about: tuple[str, ...] = ()
    reader: str | None = None


NOTHING = Beside()


def queue(
    conn: Connection, hub: Hub, to: str, subject: str, body: str, beside: Beside = NOTHING, id: str | None = None
) -> str | None:
    """Have a mail sent, in the caller's transaction; as plain text unless there is more ``beside``. Its id; None where the
    hub sends no mail (no ``[mail]`` in the configuration) or ``to`` is no address: then there is no message, also not later."""
    if hub.config.mail is None:
        return None
    if not is_address(to):
        log.warning("A mail was not sent: whom it is for is no e-mail address.")
        return None
    now = hub.time.now()
    message = Message(
        id=id or hub.ids.uuid7(), to=to, subject=one_line(subject), body=_sendable(body), at=now, not_before=now,
        html=_sendable(beside.html) if beside.html else None, headers=_headers(beside), about=list(beside.about) or None,
        reader=beside.reader,
    )  # fmt: skip
    outbox.add(conn, message)
    return message.id


def _headers(beside: Beside) -> dict[str, str] | None:
    found = {}
    if beside.reply_to and is_address(beside.reply_to):
        found["Reply-To"] = beside.reply_to
    if beside.unsubscribe:
        found |= {"List-Unsubscribe": f"<{beside.unsubscribe}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    if beside.thread:
        found["References"] = beside.thread
    return found or None


def one_line(text: str) -> str:
    """Text of strangers for one line of a mail: what breaks lines or steers a terminal is a space."""
    kept = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in _sendable(text))
    return " ".join(kept.split())


def _sendable(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\0", " ")


def send_waiting(hub: Hub) -> int:
    """Send what is due; how many went out. Safe in several processes at once.

    Each message is claimed before it is sent, by one conditional UPDATE, so that no two processes send it. A process that
    dies between the server's yes and its own note leaves the message claimed; when the claim ends it is sent again, with
    the same Message-ID, by which many mail systems drop the second. The other choice, noting before sending, would
    lose it: an opportunity could be delisted that its steward was never asked about. Twice is a nuisance, lost is harm.
    """
    config, now = hub.config.mail, hub.time.now()
    if config is None:
        return 0
    with hub.reading() as conn:
        found = outbox.due(conn, now, AT_ONCE)
    if not found:
        return 0
    with hub.writing() as conn:
        outbox.give_up(conn, now - GIVE_UP, now, "It could not be sent for days.")
        outbox.forget(conn, now - KEPT)
        mine = [message for message in found if outbox.claim(conn, message.id, now, now + CLAIM)]
    if not mine:
        return 0
    sent, left = 0, [message.id for message in mine]
    try:
        with _signed_in(config) as server:
            for message in mine:
                sent += _send(hub, config, server, message)
                left.remove(message.id)
    except (OSError, smtplib.SMTPException) as error:
        _later(hub, [message for message in mine if message.id in left], f"{config.host}: {words_of(error)}")
    return sent


def _send(hub: Hub, config: MailConfig, server: smtplib.SMTP, message: Message) -> bool:
    """Whether it went out. What concerns this message alone is noted here; what concerns the server is raised."""
    if message.reader is not None and not _may_be_told(hub, message):
        with hub.writing() as conn:
            outbox.end(conn, message.id, "dropped", hub.time.now(), "Its reader may not see this any more.")
        return False
    try:
        server.send_message(letter(config, message), from_addr=config.sender, to_addrs=[message.to])
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        _refused(hub, message, code, said)
        return False
    except smtplib.SMTPDataError as error:
        _refused(hub, message, error.smtp_code, error.smtp_error)
        return False
    except ValueError as error:  # the others must not wait for a message that can never be put into words
        _refused(hub, message, 500, str(error))
        return False
    with hub.writing() as conn:
        outbox.end(conn, message.id, "sent", hub.time.now())
    return True


def _may_be_told(hub: Hub, message: Message) -> bool:
    with hub.reading() as conn:
        return hub.may_tell(conn, message.to, message.about or (), message.reader or "")


def _refused(hub: Hub, message: Message, code: int, said: bytes | str) -> None:
    """RFC 5321, section 4.2.1: 5 and two digits is for good, 4 for now."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    why = f"{code} {one_line(text)}"[:300]
    if code < 500:
        _later(hub, [message], why)
        return
    with hub.writing() as conn:
        outbox.end(conn, message.id, "failed", hub.time.now(), why)


def _later(hub: Hub, messages: list[Message], why: str) -> None:
    code = why[:3] if why[:3].isdigit() else "no answer"  # what a server says beside it may name people
    log.warning("%d mails could not be sent and wait: %s", len(messages), code)
    with hub.writing() as conn:
        for message in messages:
            pause = min(FIRST_PAUSE * 2 ** min(message.tries, 12), LONGEST_PAUSE)
            outbox.postpone(conn, [message.id], hub.time.now() + pause, why[:300])


def greet(config: MailConfig) -> None:
    """Reach the mail server and sign in, and send nothing. OSError or SMTPException where that does not work."""
    with _signed_in(config) as server:
        server.ehlo_or_helo_if_needed()


def words_of(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error.decode("utf-8", "replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
        return one_line(f"{error.smtp_code} {said}")
    return one_line(str(error)) or type(error).__name__


def letter(config: MailConfig, message: Message) -> EmailMessage:
    """The mail as it goes out; the same each time it is tried."""
    mail = EmailMessage(policy=SMTP)
    user, _, domain = config.sender.rpartition("@")
    mail["From"] = Address(one_line(config.name), user, domain)
    to, _, at = message.to.rpartition("@")
    mail["To"] = Address("", to, at)
    mail["Subject"] = message.subject
    mail["Date"] = message.at
    mail["Message-ID"] = f"<{message.id}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday notice should answer it
    for name, value in (message.headers or {}).items():
        mail[name] = f"<{value}@{domain}>" if name == "References" else value
    mail.set_content(message.body, charset="utf-8")
    if message.html:
        mail.add_alternative(message.html, subtype="html", charset="utf-8")
    return mail


@contextmanager
def _signed_in(config: MailConfig) -> Iterator[smtplib.SMTP]:
    context = ssl.create_default_context()
    server: _Bounded
    if config.tls == "tls":
        server = _BoundedTls(config.host, config.port, timeout=STEP, context=context)
    else:
        server = _Bounded(config.host, config.port, timeout=STEP)
    try:
        if config.tls == "starttls":
            server.starttls(context=context)  # raises where the server offers none: nothing goes out in the open
        if config.user and config.password:
            server.login(config.user, config.password.reveal())
        yield server
        with suppress(smtplib.SMTPException, OSError):
            server.quit()
    finally:
        server.close()


class _Bounded(smtplib.SMTP):
    """A conversation that ends after WHOLE seconds, whatever the other side does: each answer has its own deadline, but a
    server could go on giving a byte at a time, from its greeting on."""

    _watch: threading.Timer | None = None

    def connect(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        self._watch = threading.Timer(WHOLE, self._hang_up)
        self._watch.daemon = True
        self._watch.start()
        try:
            return super().connect(*args, **kwargs)
        except BaseException:
            self._watch.cancel()
            raise

    def close(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
        super().close()

    def _hang_up(self) -> None:
        with suppress(OSError):
            if self.sock is not None:
                self.sock.shutdown(socket.SHUT_RDWR)


class _BoundedTls(_Bounded, smtplib.SMTP_SSL):
    """The same, with TLS from the first byte."""

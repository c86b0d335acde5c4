"""A real mail server in this process that keeps what it takes, and can be told to refuse."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope


class Taken:
    """What came in, oldest first, with whom each was for. ``answers``: what the next mails are answered instead of taken;
    ``lost``: they are taken, and the answer never gets there."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.answers: list[str] = []
        self.lost = 0
        self.sessions = 0
        self.signed_in: list[str] = []
        self.port = 0

    async def handle_EHLO(self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]) -> Any:
        self.sessions += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server: Any, session: Any, envelope: Envelope, address: str, options: Any) -> str:
        if address.startswith("nobody@"):
            return "550 5.1.1 There is no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        if self.answers:
            return self.answers.pop(0)
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.recipients += envelope.rcpt_tos
        if self.lost:
            self.lost -= 1
            server.transport.abort()
        return "250 OK"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        right = data.password == b"sesame"
        if right:
            self.signed_in.append(data.login.decode())
        return AuthResult(success=right, handled=False)

    def text(self, number: int = -1) -> str:
        body = self.mails[number].get_body(("plain",))
        assert body is not None
        return str(body.get_content()).replace("\r\n", "\n")


@contextmanager
def mail_server(tls: ssl.SSLContext | None = None, implicit: bool = False) -> Iterator[Taken]:
    """Listens on a free port of this machine. With ``tls`` it insists on STARTTLS and a sign-in, or speaks TLS at once."""
    taken, loop = Taken(), asyncio.new_event_loop()

    def session() -> SMTP:
        needs = (
            {"auth_required": True, "auth_require_tls": not implicit, "authenticator": taken.authenticate}
            if tls
            else {}
        )
        starttls = {"tls_context": tls, "require_starttls": True} if tls and not implicit else {}
        return SMTP(taken, hostname="mail.test", loop=loop, **needs, **starttls)

    # In a thread of its own from the start: a browser of an earlier test may keep a loop running in this one.
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    listening = loop.create_server(session, "127.0.0.1", 0, ssl=tls if implicit else None)
    server = asyncio.run_coroutine_threadsafe(listening, loop).result(10)
    taken.port = server.sockets[0].getsockname()[1]
    try:
        yield taken
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()

"""A server between a connector and its system that passes everything on, and at one request misbehaves.

Real sockets on both sides, so that whatever a client makes of a broken answer, it makes here too.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from types import TracebackType
from typing import BinaryIO, Self
from urllib.parse import urlsplit

ENDLESS = 120
"""Requests of one operation after which it counts as never coming to an end."""

HOP_BY_HOP = ("connection", "keep-alive", "transfer-encoding", "content-length", "accept-encoding", "date", "server")
BODILESS = (204, 304)


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, whole."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def head(self, **other: str) -> bytes:
        """Status line and headers; of ``other``, named with _ for -, those that are "" are left out."""
        named = {name.replace("_", "-").lower(): value for name, value in other.items()}
        own = {"content-length": str(len(self.body))} if self.status not in BODILESS else {}
        lines = {name.lower(): value for name, value in self.headers} | own | named
        text = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value or name == "retry-after")
        return f"HTTP/1.1 {self.status} {http.client.responses.get(self.status, 'So')}\r\n{text}\r\n".encode("latin-1")

    def wire(self) -> bytes:
        return self.head() + self.body


@dataclass(frozen=True, slots=True)
class Exchange:
    """The request that is to be spoilt: ``sock`` leads to the client, ``url`` is what it called.

    ``reply`` is what the system answered, None where it was not asked. ``before`` is the answer to the
    request before this one of the same operation.
    """

    sock: socket.socket
    url: str
    reply: Reply | None
    before: Reply | None

    def real(self) -> Reply:
        if self.reply is None:
            raise Untouched
        return self.reply


class Untouched(Exception):
    """This answer cannot be spoilt in this way (it has no body to cut); it goes out as it is."""


Act = Callable[[Exchange], bool]
"""Answers the client in its own way; whether the connection may go on."""


@dataclass(slots=True)
class Strike:
    """Which request of an operation is hit, from 0; with ``lasting`` all after it too."""

    act: Act
    at: int
    lasting: bool
    reaches: bool
    hits: int = 0


class Proxy:
    """Listens on loopback and passes requests on to ``system``, an address without a path.

    An address of the system in an answer is turned into the proxy's, so that links do not lead around it.
    ``requests`` counts since the last ``calm`` or ``strike``.
    """

    def __init__(self, system: str, context: ssl.SSLContext | None = None) -> None:
        parts = urlsplit(system)
        self._system, self._host, self._port = system, parts.hostname or "", parts.port or 80
        self._context = context
        self._lock = threading.Lock()
        self._strike: Strike | None = None
        self._before: Reply | None = None
        self.requests = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.url = f"{'https' if context else 'http'}://{self.host}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):  # macOS does not shut down what only listens
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def strike(self, act: Act, *, at: int, lasting: bool = False, reaches: bool = True) -> Strike:
        """From now on, spoil the ``at``th request. ``reaches``: the system still gets it and does what it says."""
        with self._lock:
            self._strike = Strike(act, at, lasting, reaches)
            self.requests, self._before = 0, None
            return self._strike

    def calm(self) -> int:
        """Behave again; the requests since the strike."""
        with self._lock:
            seen, self.requests = self.requests, 0
            self._strike = self._before = None
            return seen

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with sock:
            try:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if self._context:
                    sock = self._context.wrap_socket(sock, server_side=True)
                incoming = sock.makefile("rb")
                while (request := _request(incoming)) is not None and self._answer(sock, request):
                    pass
            except (OSError, http.client.HTTPException, ValueError):
                return  # the client hung up, or was hung up on

    def _answer(self, sock: socket.socket, request: _Request) -> bool:
        with self._lock:
            number, strike = self.requests, self._strike
            self.requests += 1
        if number >= ENDLESS:
            return False
        hit = strike is not None and (number == strike.at or (strike.lasting and number > strike.at))
        if strike is None or not hit:
            sock.sendall(self._ask(request).wire())
            return True
        reply = self._ask(request, remember=False) if strike.reaches else None
        exchange = Exchange(sock, self.url + request.path, reply, self._before)
        if reply is not None and not strike.lasting:
            self._before = reply
        strike.hits += 1  # before the client can have the answer, and be done
        try:
            return strike.act(exchange)
        except Untouched:
            strike.hits -= 1
            sock.sendall((reply or self._ask(request)).wire())
            return True

    def _ask(self, request: _Request, remember: bool = True) -> Reply:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=30)
        try:
            connection.putrequest(request.method, request.path, skip_host=True, skip_accept_encoding=True)
            for name, value in request.headers:
                if name.lower() not in HOP_BY_HOP:
                    connection.putheader(name, value)
            if request.body or request.method in ("POST", "PUT", "PATCH"):
                connection.putheader("Content-Length", str(len(request.body)))
            connection.endheaders(request.body or None)
            answer = connection.getresponse()
            headers = tuple((n, self._led_here(v)) for n, v in answer.getheaders() if n.lower() not in HOP_BY_HOP)
            body = self._led_here(answer.read().decode("latin-1")).encode("latin-1")
        finally:
            connection.close()
        reply = Reply(answer.status, headers, body)
        if remember:
            self._before = reply
        return reply

    def _led_here(self, text: str) -> str:
        return text.replace(self._system, self.url).replace(f"http://{self.host}", self.url)


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


def _request(incoming: BinaryIO) -> _Request | None:
    """The next request of a connection, None at its end."""
    line = incoming.readline().decode("latin-1").split()
    if len(line) != 3:
        return None
    headers = []
    while text := incoming.readline().decode("latin-1").strip():
        name, _, value = text.partition(":")
        headers.append((name.strip(), value.strip()))
    length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
    return _Request(line[0], line[1], tuple(headers), incoming.read(length))


def with_body(reply: Reply, body: bytes, **headers: str) -> Reply:
    """The same answer with another body, and these headers (named with _ for -) in place of its own."""
    named = {name.replace("_", "-").lower(): value for name, value in headers.items()}
    kept = [(name, value) for name, value in reply.headers if name.lower() not in named]
    return replace(reply, body=body, headers=(*kept, *named.items()))

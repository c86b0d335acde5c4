"""One exchange over a socket: pinned to checked addresses, bounded in size and time, told apart by whether anything left.

A failed exchange is only as harmful as what had been sent. ``requests`` folds some fifteen
faults into four exceptions and none of them says that, so the connection itself keeps note.
"""

from __future__ import annotations

import http.client
import http.cookiejar
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NameResolutionError, NewConnectionError
from urllib3.util.retry import Retry

from connectors.addresses import Addresses, AddressRefused
from connectors.answer import Answer
from schemas.said import phrase

CHUNK = 64 * 1024
CONNECT = 10.0


class WireFailed(Exception):
    """No whole answer. ``sent``: whether any byte of the request may have reached the system.
    ``lasting``: the same would come of another try."""

    def __init__(self, reason: str, sent: bool, lasting: bool = False) -> None:
        super().__init__(reason)
        self.sent = sent
        self.lasting = lasting


@dataclass(frozen=True, slots=True)
class Request:
    """One request, ready to go; ``shown`` is its address without query, fit for logs and messages."""

    method: str
    url: str
    shown: str
    params: Any = None
    body: bytes | None = None
    headers: Mapping[str, str] | None = None
    wrote: bool = False


class Carrier(Protocol):
    """What brings one request to its system and the answer back. ``Wire`` does so over sockets; a test may do
    so in this process. ``exchange`` raises ``WireFailed`` and ``AddressRefused`` only; ``seconds`` is all it may take."""

    def exchange(self, request: Request, seconds: float) -> Answer: ...

    def close(self) -> None: ...


class _Exchange(threading.local):
    """What the exchange that this thread has in hand has done so far."""

    sent = False
    connection: Any = None
    sock: Any = None
    refused: AddressRefused | None = None


class Wire:
    """The sockets of one connection. ``timeout`` is for one read, ``seconds`` of ``exchange`` for the whole."""

    def __init__(self, addresses: Addresses, *, timeout: float, max_bytes: int, ca_file: str | None = None) -> None:
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._now = _Exchange()
        self._session = requests.Session()
        # Environment proxies and ~/.netrc would override the address policy and the credentials.
        self._session.trust_env = False
        self._session.verify = ca_file or True
        self._session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers.clear()
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, _Adapter(addresses, self._now))

    def exchange(self, request: Request, seconds: float) -> Answer:
        self._now.sent, self._now.connection, self._now.sock, self._now.refused = False, None, None, None
        watch = threading.Timer(max(0.01, seconds), _hang_up, [self._now.__dict__])
        watch.daemon = True
        watch.start()
        try:
            answer = self._exchange(request, seconds)
            if self._overdue:
                raise OSError("cut off")  # a body that ends with the connection would look whole
            return answer
        except (requests.RequestException, HTTPError, OSError, http.client.HTTPException, ValueError) as error:
            if self._now.refused is not None:
                raise self._now.refused from None
            reason = (
                phrase("took longer than %(seconds)s seconds", seconds=f"{seconds:.0f}")
                if self._overdue
                else _reason(error)
            )
            raise WireFailed(reason, self._now.sent) from None
        finally:
            watch.cancel()
            self._now.__dict__.pop("overdue", None)

    @property
    def _overdue(self) -> bool:
        return self._now.__dict__.get("overdue") is True

    def _exchange(self, request: Request, seconds: float) -> Answer:
        prepared = self._session.prepare_request(
            requests.Request(
                request.method,
                request.url,
                params=request.params,
                data=request.body,
                headers=dict(request.headers or {}),
            )
        )
        response = self._session.send(
            prepared,
            stream=True,
            allow_redirects=False,
            timeout=(min(CONNECT, self._timeout, seconds), min(self._timeout, seconds)),
        )
        with response:
            return Answer(
                status=response.status_code,
                headers={name.lower(): value for name, value in response.headers.items()},
                body=self._read(response.raw),
                url=request.shown,
                framed=_framed(request.method, response),
                wrote=request.wrote,
            )

    def _read(self, raw: Any) -> bytes:
        body = bytearray()
        while chunk := raw.read(CHUNK, decode_content=True):
            body += chunk
            if len(body) > self._max_bytes:
                raise WireFailed(
                    phrase("the answer is larger than %(max_bytes)s bytes", max_bytes=self._max_bytes),
                    sent=True,
                    lasting=True,
                )
        return bytes(body)

    def close(self) -> None:
        self._session.close()


def _framed(method: str, response: requests.Response) -> bool:
    headers = response.headers
    return (
        method == "HEAD"
        or response.status_code in (204, 304)
        or "content-length" in headers
        or "chunked" in headers.get("transfer-encoding", "").lower()
    )


def _hang_up(state: dict[str, Any]) -> None:
    """Socket timeouts are per read: a server that dribbles a byte a second never meets one."""
    state["overdue"] = True
    sock = state.get("sock") or getattr(state.get("connection"), "sock", None)
    if sock is not None:
        try:
            socket.socket.shutdown(sock, socket.SHUT_RDWR)
        except OSError:
            return


def _reason(error: BaseException) -> str:
    """The innermost cause in its own words: the outer layers repeat the URL with its query."""
    seen: BaseException = error
    while True:
        inner = seen.__cause__ or seen.__context__
        for argument in seen.args:
            inner = argument if isinstance(argument, BaseException) else inner
        inner = getattr(seen, "reason", None) if isinstance(getattr(seen, "reason", None), BaseException) else inner
        if inner is None or inner is seen:
            break
        seen = inner
    text = str(seen).strip() or type(seen).__name__
    return f"{type(seen).__name__}: {text}" if len(text) < 300 else type(seen).__name__


class _Adapter(HTTPAdapter):
    def __init__(self, addresses: Addresses, now: _Exchange) -> None:
        self._pools = _pools(addresses, now)
        super().__init__(pool_connections=4, pool_maxsize=8, max_retries=Retry(0, read=False, redirect=False))

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools


def _pools(addresses: Addresses, now: _Exchange) -> dict[str, Any]:
    """Connection classes that connect only where the policy resolved to, with the host's own name in SNI and Host."""

    class Pinned:
        def _new_conn(self) -> socket.socket:
            connection: Any = self
            try:
                found = addresses.resolve(connection.host, int(connection.port))
            except AddressRefused as error:
                now.refused = error
                raise NewConnectionError(connection, str(error)) from None
            except socket.gaierror as error:
                raise NameResolutionError(connection.host, connection, error) from error
            except OSError as error:
                raise NewConnectionError(connection, str(error)) from error
            return _connect(connection, found)

        def connect(self) -> None:
            now.connection = self
            super().connect()  # type: ignore[misc]

        def send(self, data: Any) -> None:
            now.connection = self
            if self.sock is None:  # type: ignore[attr-defined]
                self.connect()
            now.sent = True
            # An answer that ends with the connection takes the socket away from it.
            now.sock = self.sock  # type: ignore[attr-defined]
            super().send(data)  # type: ignore[misc]

    class Plain(Pinned, HTTPConnection):
        pass

    class Encrypted(Pinned, HTTPSConnection):
        pass

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class EncryptedPool(HTTPSConnectionPool):
        ConnectionCls = Encrypted

    return {"http": PlainPool, "https": EncryptedPool}


def _connect(connection: Any, found: list[str]) -> socket.socket:
    last: OSError = OSError("no address")
    for address in found:
        try:
            sock = socket.create_connection((address, connection.port), connection.timeout)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock
        except OSError as error:
            last = error
    if isinstance(last, TimeoutError):
        raise ConnectTimeoutError(connection, "the connection timed out") from last
    raise NewConnectionError(connection, f"Failed to establish a new connection: {last}") from last

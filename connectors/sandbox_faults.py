"""Faults on request: what a network and a system do on a bad day, at a chosen call and so many times."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal, get_args

from connectors.clock import Time

What = Literal["drop_before", "drop_after", "delay", "status", "html", "truncate"]
SIGN_IN_PAGE = "<!doctype html><title>Sign in</title><h1>Please sign in</h1>"


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of trouble for the next ``times`` requests with this method ("" is any) and piece of path.

    ``drop_before`` hangs up before anything happens, ``drop_after`` when all has happened;
    ``delay`` lets ``seconds`` pass first, on the sandbox's clock; ``status`` answers ``status``,
    ``headers`` and ``body`` instead; ``html`` answers a sign-in page with 200; ``truncate`` lets it
    happen and sends half of the answer. ``skip`` lets that many fitting requests through first.
    """

    what: What
    method: str = ""
    path: str = ""
    times: int = 1
    skip: int = 0
    status: int = 503
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    seconds: float = 1.0

    def __post_init__(self) -> None:
        if self.what not in get_args(What):
            raise ValueError(f"{self.what!r} is not a fault; there are {', '.join(get_args(What))}")

    def fits(self, method: str, path: str) -> bool:
        return self.method in ("", method) and self.path in path


class Faults:
    """The faults in force, first come first served."""

    def __init__(self, time: Time) -> None:
        self._time = time
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def around(
        self, app: Callable[..., Iterable[bytes]], environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> tuple[Iterable[bytes] | None, int, Callable[[], None]]:
        """The answer, its status, and what is left to do when the call has been noted; no answer where that drops the
        connection on purpose. Whoever is hung up on may look at once at what was noted."""
        fault = self._take(environ["REQUEST_METHOD"], environ["PATH_INFO"])
        what = fault.what if fault else ""
        if fault and what == "drop_before":
            return None, 0, partial(_hang_up, environ)
        if fault and what == "status":
            answer = _answer(start_response, fault.status, dict(fault.headers), fault.body.encode())
            return answer, fault.status, _nothing
        if fault and what == "html":
            answer = _answer(start_response, 200, {"Content-Type": "text/html"}, SIGN_IN_PAGE.encode())
            return answer, 200, _nothing
        if fault and what == "delay":
            self._time.sleep(fault.seconds)
        begun: list[Any] = []
        parts = app(environ, lambda *head: begun.append(head))
        body = b"".join(parts)
        if what == "drop_after":
            return None, 0, partial(_hang_up, environ)
        if what == "truncate":
            return None, 0, partial(_send_half, environ, begun[0][0], begun[0][1], body)
        start_response(begun[0][0], begun[0][1])
        return [body], int(begun[0][0].split()[0]), _nothing

    def _take(self, method: str, path: str) -> Fault | None:
        with self._lock:
            for at, fault in enumerate(self._faults):
                if not fault.fits(method, path):
                    continue
                if fault.skip:
                    self._faults[at] = replace(fault, skip=fault.skip - 1)
                    continue
                if fault.times > 1:
                    self._faults[at] = replace(fault, times=fault.times - 1)
                else:
                    del self._faults[at]
                return fault
        return None


def _answer(start_response: Callable[..., Any], status: int, headers: dict[str, str], body: bytes) -> list[bytes]:
    if not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = "application/json" if body[:1] in (b"{", b"[") else "text/plain"
    headers.setdefault("Content-Length", str(len(body)))
    start_response(f"{status} Fault", list(headers.items()))
    return [body]


def _send_half(environ: dict[str, Any], status: str, headers: list[tuple[str, str]], body: bytes) -> None:
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers), "", ""]
    environ["werkzeug.socket"].sendall("\r\n".join(lines).encode("latin-1") + body[: len(body) // 2])
    _hang_up(environ)


def _nothing() -> None:
    """The answer goes its usual way."""


def _hang_up(environ: dict[str, Any]) -> None:
    try:
        environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    except OSError:
        return

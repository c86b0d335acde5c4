"""The frame around every stand-in server: a socket, a lock, a log of what was asked, faults on request, one small page.

A system's own sandbox writes a Flask app that speaks its wire protocol and a ``Rows`` that opens its
tables to the page; the frame does the rest::

    sandbox = Sandbox("airtable", app, rows, time=time)
    with sandbox as url: ...
"""

from __future__ import annotations

import argparse
import json
import signal
import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import format_datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from connectors.clock import SystemTime, Time
from connectors.sandbox_faults import Fault, Faults

__all__ = ["Column", "Fault", "Rows", "Sandbox", "Seen", "run"]

REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Column:
    """A column as the page shows it; ``choices`` makes it a list, ``editable`` is false for computed ones."""

    name: str
    editable: bool = True
    choices: tuple[str, ...] = ()
    long: bool = False


class Rows(Protocol):
    """A sandbox's tables as the page sees them: cells are text, ``""`` is blank. Called under the lock.

    ``write`` raises ``ValueError`` with a sentence when the text does not fit the column.
    """

    def tables(self) -> Sequence[str]: ...

    def columns(self, table: str) -> Sequence[Column]: ...

    def rows(self, table: str) -> Sequence[tuple[str, Mapping[str, str]]]: ...

    def write(self, table: str, id: str | None, cells: Mapping[str, str]) -> str:
        """Change a row, or add one when ``id`` is None; the row's id."""
        ...

    def remove(self, table: str, id: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it arrived; ``path`` is without query, ``status`` 0 when no answer was sent."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    status: int

    def json(self) -> Any:
        return json.loads(self.body) if self.body else None


class Sandbox:
    """A stand-in server on loopback.

    ``lock`` guards the state of the system behind ``app``; every request holds it. ``time`` is the
    system's clock, for token expiry and rate limits. ``seen`` are the requests, oldest first,
    those to ``/_sandbox/`` left out.
    """

    def __init__(
        self,
        name: str,
        app: Flask,
        rows: Rows | None = None,
        *,
        time: Time | None = None,
        lock: threading.RLock | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        from connectors.sandbox_page import page

        self.name = name
        self.app = app
        self.time = time or SystemTime()
        self.lock = lock or threading.RLock()
        self.seen: deque[Seen] = deque(maxlen=REMEMBERED)
        self.url = ""
        self._ssl = ssl_context
        self._faults = Faults(self.time)
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None
        app.register_blueprint(page(self, rows))

    def start(self, port: int = 0) -> str:
        """Listen on 127.0.0.1; the address without a slash at the end."""
        self._server = make_server(
            "127.0.0.1", port, self._wsgi, threaded=True, request_handler=_Handler, ssl_context=self._ssl
        )
        self._server.daemon_threads = True  # type: ignore[attr-defined]
        self._server.time = self.time  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        self.url = f"{'https' if self._ssl else 'http'}://127.0.0.1:{self._server.server_port}"
        return self.url

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def __enter__(self) -> Self:
        if not self.url:
            self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def misbehave(self, fault: Fault) -> None:
        """From now on, for the next ``fault.times`` requests that it fits."""
        self._faults.add(fault)

    def behave(self) -> None:
        """Forget all faults."""
        self._faults.clear()

    def calls(self, method: str | None = None, path: str = "") -> list[Seen]:
        """The requests seen with this method and this piece of path."""
        return [seen for seen in list(self.seen) if method in (None, seen.method) and path in seen.path]

    def _wsgi(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith("/_sandbox"):
            return self.app.wsgi_app(environ, start_response)
        body = _whole_body(environ)
        answer, status, then = self._faults.around(self._locked, environ, start_response)
        self.seen.append(
            Seen(
                environ["REQUEST_METHOD"],
                environ["PATH_INFO"],
                environ.get("QUERY_STRING", ""),
                {name[5:].replace("_", "-").lower(): str(v) for name, v in environ.items() if name.startswith("HTTP_")},
                body,
                status,
            )
        )
        then()
        if answer is None:
            raise ConnectionAbortedError("dropped on request")
        return answer

    def _locked(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        with self.lock:
            return self.app.wsgi_app(environ, start_response)


class _Handler(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """The log of requests is ``Sandbox.seen``."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The ``Date`` of an answer is by the system's clock, like everything in it."""
        return format_datetime(self.server.time.now(), usegmt=True)  # type: ignore[attr-defined]


def _whole_body(environ: dict[str, Any]) -> bytes:
    import io

    if environ.get("wsgi.input_terminated"):
        body: bytes = environ["wsgi.input"].read()
    else:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    environ["wsgi.input_terminated"] = True
    return body


def run(build: Callable[[Mapping[str, Any], Time], Sandbox], arguments: Sequence[str] | None = None) -> int:
    """``python -m connectors.<system>.sandbox --port N --seed FILE.json``, until it is interrupted.

    ``build`` makes an unstarted sandbox of the seed ({} without one).
    """
    parser = argparse.ArgumentParser(description="A stand-in server on this machine, with an empty or a seeded state.")
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port (default)")
    parser.add_argument("--seed", type=Path, help="a JSON file with tables and records")
    asked = parser.parse_args(arguments)
    seed = json.loads(asked.seed.read_text(encoding="utf-8")) if asked.seed else {}
    sandbox = build(seed, SystemTime())
    url = sandbox.start(asked.port)
    print(f"{sandbox.name} sandbox on {url}  (records to look at and edit: {url}/_sandbox/)", flush=True)
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    while not over.wait(0.5):
        pass
    sandbox.stop()
    return 0

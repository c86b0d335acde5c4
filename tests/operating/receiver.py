"""A real HTTP server that takes webhooks, and can be told what to answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Received:
    """What came, oldest first: ``bodies`` as JSON, ``raw`` as bytes, ``headers``. ``answers``: statuses of the next answers,
    200 when there are none; 0 hangs up."""

    def __init__(self) -> None:
        self.bodies: list[Any] = []
        self.raw: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.answers: list[int] = []
        self.url = ""


@contextmanager
def receiving() -> Iterator[Received]:
    received = Received()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.raw.append(body)
            received.bodies.append(json.loads(body))
            received.headers.append({name.lower(): value for name, value in self.headers.items()})
            status = received.answers.pop(0) if received.answers else 200
            if status == 0:
                self.connection.close()
                return
            self.send_response(status)
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    received.url = f"http://127.0.0.1:{server.server_port}/hooks/zz-secret-path"
    try:
        yield received
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)

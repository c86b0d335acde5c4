"""What stands between the hub and Kinto: passes every request on, lets a test act around it, and can lose an answer.

The hub waits for each answer, so what a test does here happens exactly between two steps of the hub's.
"""

from __future__ import annotations

import http.client
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

READS = ("GET", "HEAD")
HOP = {"connection", "keep-alive", "transfer-encoding", "server", "date"}


@dataclass(frozen=True, slots=True)
class Call:
    """One request of the hub's: its method and its path without the query."""

    method: str
    path: str

    @property
    def writes(self) -> bool:
        return self.method not in READS


def _nothing(_call: Call) -> None:
    return None


def _never(_call: Call) -> bool:
    return False


class Between:
    """``before`` runs when a request is on its way, ``after`` when Kinto has answered and the hub has not heard;
    ``loses`` says whether the hub never hears, ``never_arrives`` whether Kinto never does. ``calls`` are all
    requests so far, ``statuses`` how Kinto answered them, ``lost`` those whose answer the hub never heard."""

    def __init__(self, port: int) -> None:
        self.calls: list[Call] = []
        self.statuses: Counter[int] = Counter()
        self.lost: list[Call] = []
        self.before: Callable[[Call], object] = _nothing
        self.after: Callable[[Call], object] = _nothing
        self.loses: Callable[[Call], bool] = _never
        self.never_arrives: Callable[[Call], bool] = _never
        self.failed: list[BaseException] = []
        between = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                between._pass_on(self, port)

            do_HEAD = do_PUT = do_PATCH = do_POST = do_DELETE = do_GET

            def log_message(self, *_: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        self.port: int = self._server.server_address[1]

    def quiet(self) -> None:
        """From now on it only passes on."""
        self.before, self.after, self.loses, self.never_arrives = _nothing, _nothing, _never, _never

    def writes(self) -> int:
        return sum(call.writes for call in self.calls)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _pass_on(self, handler: BaseHTTPRequestHandler, port: int) -> None:
        call = Call(handler.command, handler.path.partition("?")[0])
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        self.calls.append(call)
        try:
            self.before(call)
            if self.never_arrives(call):
                handler.close_connection = True
                return
            status, headers, answer = _ask(port, handler, body)
            self.statuses[status] += 1
            self.after(call)
            lost = self.loses(call)
        except BaseException as error:  # an assertion of the test's own must reach the test
            self.failed.append(error)
            raise
        if lost:
            self.lost.append(call)
            handler.close_connection = True
            return
        handler.send_response(status)
        for name, value in headers:
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(answer)


def _ask(port: int, handler: BaseHTTPRequestHandler, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
    kinto = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        # With the Host that the hub used, so that the address of a next page leads through here as well.
        kinto.request(handler.command, handler.path, body or None, dict(handler.headers.items()))
        answer = kinto.getresponse()
        headers = [(name, value) for name, value in answer.getheaders() if name.lower() not in HOP]
        return answer.status, headers, answer.read()
    finally:
        kinto.close()

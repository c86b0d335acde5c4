"""A server that answers raw bytes, chosen by the test, to see what a client makes of them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Script = Callable[[socket.socket, int], None]
"""Gets the connection, its request already read, and the number of the request from 0."""


@dataclass
class Server:
    host: str
    requests: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://{self.host}"


def _read_request(sock: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        more = sock.recv(65536)
        if not more:
            return data
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    while len(body) < length:
        body += sock.recv(65536)
    return head + b"\r\n\r\n" + body


@contextmanager
def misbehaving(script: Script) -> Iterator[Server]:
    """The server, on a free loopback port; it hangs up after each script."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(f"127.0.0.1:{listener.getsockname()[1]}")
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            with sock:
                try:
                    server.requests.append(_read_request(sock))
                    if not over.is_set():
                        script(sock, len(server.requests) - 1)
                except OSError:
                    continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        over.set()
        with socket.create_connection(listener.getsockname()):
            pass
        listener.close()
        thread.join(5)


def answer(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    """A well-formed answer; header names are given with _ for -."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    lines = {"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close"} | given
    head = f"HTTP/1.1 {status}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value != "-")
    return head.encode("latin-1") + b"\r\n" + body


def always(data: bytes) -> Script:
    return lambda sock, number: sock.sendall(data)


def in_turn(*parts: bytes) -> Script:
    """One after the other, the last one for good."""
    return lambda sock, number: sock.sendall(parts[min(number, len(parts) - 1)])

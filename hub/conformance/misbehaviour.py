"""What a proxy can do to one answer, down to the bytes: each an ``Act``, or makes one."""

from __future__ import annotations

import functools
import gzip
import json
import re
import socket
import struct
import time
from collections.abc import Callable
from typing import Any

from hub.conformance.proxy import Act, Exchange, Reply, Untouched, with_body

MARK = "ledger-"
"""Begins a word in the text of every record of the kit, so that a text can be found in any answer."""

GROWN = "x" * 10_000_000
BOMB = 3_000_000
"""Bytes that a small answer unpacks to."""

SIGN_IN_PAGE = b"<!doctype html><title>Sign in</title><h1>Please sign in</h1>"
GATEWAY = b'{"message": "not now"}'
_TEXT = re.compile(rb'"[^"]*' + MARK.encode() + rb'[^"]*"')
_WORD = re.compile(MARK.encode() + rb"\w+")
_HTML = (("Content-Type", "text/html"),)
_JSON = (("Content-Type", "application/json"),)


# --- no answer, or not all of it


def hang_up(exchange: Exchange) -> bool:
    return False


def reset(exchange: Exchange) -> bool:
    exchange.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def say_nothing(exchange: Exchange) -> bool:
    return _until_it_hangs_up(exchange.sock)


def stop_in_the_middle(exchange: Exchange) -> bool:
    exchange.sock.sendall(_half(exchange))
    return _until_it_hangs_up(exchange.sock)


def dribble(exchange: Exchange) -> bool:
    """A byte every so often: no single read ever waits too long."""
    exchange.sock.sendall(_half(exchange))
    while True:
        time.sleep(0.02)
        exchange.sock.sendall(b" ")


def cut_short(exchange: Exchange) -> bool:
    exchange.sock.sendall(_half(exchange))
    return False


def cut_short_unannounced(exchange: Exchange) -> bool:
    """Without a length only the end of the connection says that the answer is over."""
    reply = _bodied(exchange)
    exchange.sock.sendall(reply.head(content_length="", connection="close") + reply.body[: len(reply.body) // 2])
    return False


def break_a_chunk(exchange: Exchange) -> bool:
    reply = _bodied(exchange)
    half = reply.body[: len(reply.body) // 2]
    head = reply.head(content_length="", transfer_encoding="chunked")
    exchange.sock.sendall(head + f"{len(half):x}\r\n".encode() + half + b"\r\nnonsense\r\n")
    return False


def send_garbage(exchange: Exchange) -> bool:
    exchange.sock.sendall(b"\x00\x01garbage\r\n\r\n")
    return False


def headed(**headers: str) -> Act:
    """The answer as it is, under other headers; those that are "" are taken away."""

    def act(exchange: Exchange) -> bool:
        reply = exchange.real()
        exchange.sock.sendall(reply.head(**headers) + reply.body)
        return True

    return act


def tagged(tag: Callable[[str], str]) -> Act:
    """The answer under another ETag, where it has one."""

    def act(exchange: Exchange) -> bool:
        found = [value for name, value in exchange.real().headers if name.lower() == "etag"]
        if not found:
            raise Untouched
        return headed(etag=tag(found[0]))(exchange)

    return act


def send_it_twice(exchange: Exchange) -> bool:
    exchange.sock.sendall(exchange.real().wire() * 2)
    return True


def send_the_answer_before(exchange: Exchange) -> bool:
    """As a cache in between does that heeds the path only, or a system whose next page is the same page."""
    if exchange.before is None:
        raise Untouched
    exchange.sock.sendall(exchange.before.wire())
    return True


# --- a whole answer that is not the system's


def answer(status: int, body: bytes = GATEWAY, **headers: str) -> Act:
    """Always the same; header names are given with _ for -."""
    kind = _HTML if body[:1] == b"<" else _JSON
    return _sends(with_body(Reply(status, kind), body, **headers))


def bomb(exchange: Exchange) -> bool:
    exchange.sock.sendall(with_body(Reply(200, _JSON), _bomb(), content_encoding="gzip").wire())
    return True


def redirect(status: int, to: str | None = None) -> Act:
    """To another place, or to where the request already went."""

    def act(exchange: Exchange) -> bool:
        exchange.sock.sendall(Reply(status, (("Location", to or exchange.url),)).wire())
        return True

    return act


# --- the system's own answer, spoilt


def encoded(encoding: str, charset: str = "") -> Act:
    """The same characters as other bytes. JSON escapes are written out first, else ASCII would hide the matter."""

    def spoil(reply: Reply) -> Reply:
        text = json.dumps(_parsed(reply), ensure_ascii=False)
        kind = f"application/json; charset={charset}" if charset else "application/json"
        return with_body(reply, text.encode(encoding), content_type=kind)

    return _spoilt(spoil)


def labelled(content_encoding: str, scramble: bool) -> Act:
    """An answer that is not packed as it says, or packed in a way that nobody knows."""

    def spoil(reply: Reply) -> Reply:
        body = bytes(byte ^ 0x55 for byte in reply.body) if scramble else reply.body
        return with_body(reply, body, content_encoding=content_encoding)

    return _spoilt(spoil)


def _half_a_character(reply: Reply) -> Reply:
    return _replaced(reply, _WORD, lambda word: word + b"\\ud800")


def _not_a_number(reply: Reply) -> Reply:
    return _replaced(reply, _TEXT, lambda text: b"NaN")


def _grown(reply: Reply) -> Reply:
    return _replaced(reply, _WORD, lambda word: word + GROWN.encode())


def _one_item_is_null(reply: Reply) -> Reply:
    parsed = _parsed(reply)
    found = _first_list_of_objects(parsed)
    if not found:
        raise Untouched
    found[0] = None
    return with_body(reply, json.dumps(parsed).encode())


def miscounted(by: int) -> Act:
    """Whatever the answer counts, it counts otherwise than it shows."""

    def spoil(reply: Reply) -> Reply:
        parsed = _parsed(reply)
        counts = {}
        if isinstance(parsed, dict):
            counts = {k: v + by for k, v in parsed.items() if isinstance(v, int) and not isinstance(v, bool)}
        if not counts or _first_list_of_objects(parsed) is None:
            raise Untouched
        return with_body(reply, json.dumps(parsed | counts).encode())

    return _spoilt(spoil)


def _spoilt(spoil: Any) -> Act:
    def act(exchange: Exchange) -> bool:
        if not exchange.real().body:
            raise Untouched
        exchange.sock.sendall(spoil(exchange.real()).wire())
        return True

    return act


half_a_character = _spoilt(_half_a_character)
not_a_number = _spoilt(_not_a_number)
ten_megabytes = _spoilt(_grown)
one_item_is_null = _spoilt(_one_item_is_null)


def _sends(reply: Reply) -> Act:
    def act(exchange: Exchange) -> bool:
        exchange.sock.sendall(reply.wire())
        return True

    return act


def _bodied(exchange: Exchange) -> Reply:
    if len(exchange.real().body) < 2:
        raise Untouched
    return exchange.real()


def _half(exchange: Exchange) -> bytes:
    reply = _bodied(exchange)
    return reply.head() + reply.body[: len(reply.body) // 2]


def _until_it_hangs_up(sock: socket.socket) -> bool:
    sock.settimeout(10)
    while sock.recv(4096):
        pass
    return False


def _replaced(reply: Reply, pattern: re.Pattern[bytes], by: Callable[[bytes], bytes]) -> Reply:
    body, count = pattern.subn(lambda found: by(found[0]), reply.body, count=1)
    if not count:
        raise Untouched
    return with_body(reply, body)


def _parsed(reply: Reply) -> Any:
    try:
        return json.loads(reply.body)
    except ValueError:
        raise Untouched from None


def _first_list_of_objects(value: Any) -> list[Any] | None:
    """Breadth first: the outermost list is the one that a page is about."""
    level = [value]
    while level:
        for each in level:
            if isinstance(each, list) and each and all(isinstance(item, dict) for item in each):
                return each
        level = [
            item
            for each in level
            if isinstance(each, dict | list)
            for item in (each.values() if isinstance(each, dict) else each)
        ]
    return None


@functools.cache
def _bomb() -> bytes:
    return gzip.compress(b" " * BOMB)

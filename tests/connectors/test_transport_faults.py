"""What comes of every fault of the wire: a read is tried again, a write whose answer is lost is never repeated."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from connectors.contract import Ambiguous, Unavailable
from connectors.transport import TRIES, ManualTime, Transport, writing_until
from tests.connectors.misbehaving import Script, always, answer, in_turn, misbehaving

GOOD = answer(b'{"ok": true}')


def transport(host: str, **how: Any) -> Transport:
    how.setdefault("time", ManualTime())
    return Transport(hosts=[host], jitter=lambda: 0.5, **how)


def reset(sock: socket.socket, number: int) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def silent(release: threading.Event, first: bytes = b"") -> Script:
    def script(sock: socket.socket, number: int) -> None:
        sock.sendall(first)
        release.wait(10)

    return script


FAULTS: dict[str, Script] = {
    "hangs up without a word": lambda sock, number: None,
    "resets the connection": reset,
    "answers garbage": always(b"\x00\x01garbage\r\n\r\n"),
    "cuts the body short": always(answer(b'{"ok": true}', Content_Length="400")),
    "breaks a chunk": always(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\nnonsense\r\n"),
    "ends inside a chunk": always(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc"),
    "sends a hundred headers too many": always(
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: 1\r\n" % n for n in range(300)) + b"\r\n{}"
    ),
    "lies about gzip": always(answer(b'{"ok": true}', Content_Encoding="gzip")),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_read_is_tried_again_after_a_fault(fault: Script) -> None:
    def once(sock: socket.socket, number: int) -> None:
        (fault if number == 0 else always(GOOD))(sock, number)

    with misbehaving(once) as server:
        assert transport(server.host).call("GET", server.url).json() == {"ok": True}
        assert len(server.requests) == 2


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_write_whose_answer_is_lost_is_ambiguous_and_sent_once(fault: Script) -> None:
    with misbehaving(fault) as server:
        with pytest.raises(Ambiguous, match="may have happened"):
            transport(server.host).call("POST", server.url, json={"a": 1})
        assert len(server.requests) == 1


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_read_gives_up_after_so_many_tries(fault: Script) -> None:
    with misbehaving(fault) as server:
        with pytest.raises(Unavailable):
            transport(server.host).call("GET", server.url)
        assert len(server.requests) == TRIES


@pytest.mark.parametrize("first", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{"], ids=["header", "body"])
def test_silence_is_a_timeout_and_for_a_write_ambiguous(first: bytes) -> None:
    release = threading.Event()
    with misbehaving(silent(release, first)) as server:
        try:
            with pytest.raises(Ambiguous):
                transport(server.host, timeout=0.1).call("PATCH", server.url, json={})
        finally:
            release.set()


@pytest.mark.parametrize("first", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n"], ids=["header", "body"])
def test_a_server_that_dribbles_meets_the_deadline(first: bytes) -> None:
    release = threading.Event()

    def dribble(sock: socket.socket, number: int) -> None:
        sock.sendall(first)
        while not release.wait(0.02):
            sock.sendall(b"H")

    with misbehaving(dribble) as server:
        try:
            with pytest.raises(Ambiguous, match="took longer"):
                transport(server.host, timeout=5, deadline=0.3).call("POST", server.url, json={})
        finally:
            release.set()


def test_a_dribbled_body_without_length_is_not_taken_for_a_whole_one() -> None:
    release = threading.Event()

    def dribble(sock: socket.socket, number: int) -> None:
        sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n{}")
        while not release.wait(0.02):
            sock.sendall(b" ")

    with misbehaving(dribble) as server:
        try:
            with pytest.raises(Ambiguous, match="took longer"):
                transport(server.host, timeout=5, deadline=0.3).call("POST", server.url, json={})
        finally:
            release.set()


def test_a_refused_connection_is_tried_again_even_for_a_write() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        host = f"127.0.0.1:{gone.getsockname()[1]}"
    notes: list[dict[str, Any]] = []
    with pytest.raises(Unavailable, match="refused"):
        transport(host, log=notes.append).call("POST", f"http://{host}/x", json={})
    assert len(notes) == TRIES


def test_no_write_leaves_after_the_moment_that_its_worker_was_given() -> None:
    """Signing in again and sending again is one act in two calls; in between the worker may have been put to sleep."""
    with misbehaving(in_turn(answer(b"{}", "401 So"), GOOD)) as server:
        way = transport(server.host)
        with writing_until(way.time.monotonic() + 60):
            assert way.call("POST", server.url, json={}).status == 401
            way.time.sleep(61)
            with pytest.raises(Ambiguous, match="not called any more"):
                way.call("POST", server.url, json={})
            assert way.call("GET", server.url).ok, "looking hurts nobody"
        assert len(server.requests) == 2


def test_an_unknown_name_is_tried_again_even_for_a_write() -> None:
    asked: list[str] = []

    def nowhere(host: str, port: int) -> list[str]:
        asked.append(host)
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(Unavailable, match="not known"):
        transport("grants.example:443", resolver=nowhere).call("POST", "https://grants.example/x", json={})
    assert len(asked) == TRIES


def test_a_gzip_bomb_is_cut_off_at_the_cap_and_not_fetched_again() -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    with misbehaving(always(answer(bomb, Content_Encoding="gzip"))) as server:
        with pytest.raises(Unavailable, match="larger than 1000000 bytes"):
            transport(server.host, max_bytes=1_000_000).call("GET", server.url)
        assert len(server.requests) == 1


def test_a_body_without_length_is_json_only_if_its_json_is_whole() -> None:
    cut = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"records": [{"id": 1}, '
    with misbehaving(always(cut)) as server, pytest.raises(Unavailable, match="not its protocol"):
        transport(server.host).call("GET", server.url).json()
    with (
        misbehaving(always(b"HTTP/1.1 200 OK\r\n\r\na,b\n1,2\n")) as server,
        pytest.raises(Unavailable, match="how long"),
    ):
        transport(server.host).call("GET", server.url).text()


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_server_trouble_is_waited_out_for_a_read_and_ambiguous_for_a_write(status: int) -> None:
    with misbehaving(in_turn(answer(b"", f"{status} Oops"), GOOD)) as server:
        assert transport(server.host).call("GET", server.url).status == 200
    with misbehaving(always(answer(b"", f"{status} Oops"))) as server:
        with pytest.raises(Ambiguous):
            transport(server.host).call("POST", server.url, json={})
        assert len(server.requests) == 1
    with misbehaving(always(answer(b"", f"{status} Oops"))) as server:
        assert transport(server.host).call("POST", server.url, json={}, expected={status}).status == status


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 410, 412, 413, 415, 422, 423, 425, 428, 501])
def test_other_answers_are_for_the_connector_to_interpret(status: int) -> None:
    with misbehaving(always(answer(b'{"error": 1}', f"{status} So"))) as server:
        found = transport(server.host).call("POST", server.url, json={})
        assert (found.status, found.json()) == (status, {"error": 1})


@pytest.mark.parametrize(
    ("method", "headers", "tries"),
    [("DELETE", {}, TRIES), ("PUT", {"If-Match": '"1"'}, TRIES), ("PUT", {}, 1), ("PATCH", {"If-Match": '"1"'}, 1)],
)
def test_only_what_the_rule_names_is_repeated(method: str, headers: dict[str, str], tries: int) -> None:
    with misbehaving(lambda sock, number: None) as server:
        with pytest.raises(Unavailable if tries > 1 else Ambiguous):
            transport(server.host).call(method, server.url, headers=headers)
        assert len(server.requests) == tries


def test_a_search_sent_as_post_may_be_declared_repeatable() -> None:
    def once(sock: socket.socket, number: int) -> None:
        if number:
            sock.sendall(GOOD)

    with misbehaving(once) as server:
        assert transport(server.host).call("POST", server.url, json={}, repeatable=True).json() == {"ok": True}


def test_waiting_between_tries_grows_with_full_jitter_and_ends_at_the_deadline() -> None:
    time = ManualTime()
    with misbehaving(lambda sock, number: None) as server, pytest.raises(Unavailable):
        transport(server.host, time=time).call("GET", server.url)
    assert time.slept == [1.0, 2.0, 4.0]
    time = ManualTime()
    with misbehaving(lambda sock, number: None) as server:
        with pytest.raises(Unavailable):
            transport(server.host, time=time, deadline=2.5).call("GET", server.url)
        assert (time.slept, len(server.requests)) == ([1.0], 2)


@pytest.mark.parametrize(
    "call",
    [
        lambda t, url: t.call("POST", url, json={"a": float("nan")}),
        lambda t, url: t.call("POST", url, json={"a": "\ud800"}),
    ],
    ids=["NaN", "half a character"],
)
def test_what_no_system_could_take_is_not_sent(call: Callable[[Transport, str], Any]) -> None:
    from connectors.contract import Invalid

    with misbehaving(always(GOOD)) as server:
        with pytest.raises(Invalid):
            call(transport(server.host), server.url)
        assert server.requests == []

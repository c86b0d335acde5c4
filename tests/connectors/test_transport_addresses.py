"""Where a call may go: the named hosts, no inner network behind their names, nothing across a redirect unasked."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from flask import Flask, jsonify, request

from connectors.addresses import Addresses, AddressRefused, host_of
from connectors.contract import Ambiguous, Unavailable
from connectors.sandbox import Sandbox
from connectors.transport import ManualTime, Transport
from tests.connectors.misbehaving import always, answer, in_turn, misbehaving

GOOD = answer(b'{"ok": true}')

INNER = [
    "127.0.0.1",
    "127.8.8.8",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "0.0.0.0",
    "100.64.0.1",
    "198.18.0.1",
    "198.51.100.7",
    "224.0.0.1",
    "239.255.255.250",
    "192.88.99.1",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::7f00:1",
    "2002:7f00:1::",
    "2001::1",
    "fec0::1",
    "fe80::1",
    "fc00::1",
    "ff02::1",
    "2001:db8::1",
]


@pytest.mark.parametrize("address", INNER)
def test_a_name_that_leads_inside_is_refused(address: str) -> None:
    policy = Addresses(["grants.example:443"], resolver=lambda host, port: [address])
    with pytest.raises(AddressRefused, match="not a public address"):
        policy.resolve("grants.example", 443)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:93.184.215.14"])
def test_a_name_that_leads_outside_is_fine(address: str) -> None:
    policy = Addresses(["grants.example:443"], resolver=lambda host, port: [address])
    assert policy.resolve("grants.example", 443)


def test_one_inner_address_among_public_ones_refuses_the_name() -> None:
    policy = Addresses(["grants.example:443"], resolver=lambda host, port: ["93.184.215.14", "10.0.0.1"])
    with pytest.raises(AddressRefused):
        policy.resolve("grants.example", 443)


@pytest.mark.parametrize(
    "host", ["127.1", "0177.0.0.1", "0x7f000001", "2130706433", "0", "2852039166", "①②⑦.⓪.⓪.①", "127。0。0。1"]
)
def test_another_spelling_of_loopback_is_not_loopback_by_name(host: str) -> None:
    policy = Addresses([f"{host}:80"], resolver=lambda host, port: ["127.0.0.1"])
    with pytest.raises(AddressRefused):
        policy.check(f"http://{host}/")
    with pytest.raises(AddressRefused):
        policy.resolve(host, 80)


def test_localhost_must_lead_to_loopback() -> None:
    with pytest.raises(AddressRefused):
        Addresses(["localhost:80"], resolver=lambda host, port: ["93.184.215.14"]).resolve("localhost", 80)


def test_an_inner_network_can_be_allowed_but_never_the_cloud_metadata() -> None:
    def policy(address: str) -> Addresses:
        return Addresses(["civi.example:443"], allow_private=True, resolver=lambda host, port: [address])

    assert policy("10.1.2.3").resolve("civi.example", 443)
    for address in ("169.254.169.254", "127.0.0.1", "::1", "0.0.0.0"):
        with pytest.raises(AddressRefused):
            policy(address).resolve("civi.example", 443)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://evil.example/", "not among the hosts"),
        ("https://grants.example:8443/", "not among the hosts"),
        ("https://grants.example.evil.example/", "not among the hosts"),
        ("https://grants.example@evil.example/", "name or password"),
        ("https://user:pass@grants.example/", "name or password"),
        ("http://grants.example/", "not among the hosts"),
        ("http://grants.example:443/", "without encryption"),
        ("ftp://grants.example/", "only http"),
        ("file:///etc/passwd", "only http"),
        ("//grants.example/", "only http"),
        ("https://[grants.example/", "not an address"),
        ("https://grants.example:x/", "not an address"),
        ("", "only http"),
    ],
)
def test_an_address_that_is_not_this_connections_is_not_called(url: str, why: str) -> None:
    def never(host: str, port: int) -> list[str]:
        raise AssertionError("resolved")

    transport = Transport(hosts=["grants.example:443"], time=ManualTime(), resolver=never)
    with pytest.raises(Unavailable, match=why):
        transport.call("GET", url)


def test_a_name_that_moves_inside_after_the_check_gains_nothing() -> None:
    """DNS rebinding: the address that was checked is the one that is connected to."""
    answers = iter([["93.184.215.14"], ["127.0.0.1"]])
    policy = Addresses(["grants.example:443"], resolver=lambda host, port: next(answers))
    assert policy.resolve("grants.example", 443) == ["93.184.215.14"]
    with pytest.raises(AddressRefused):
        policy.resolve("grants.example", 443)


def test_over_a_socket_the_name_is_asked_for_once_and_the_call_goes_to_that_answer() -> None:
    asked: list[str] = []

    def moves(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    with misbehaving(always(GOOD)) as server:
        url = server.url.replace("127.0.0.1", "localhost")
        Transport(hosts=[host_of(url)], time=ManualTime(), resolver=moves).call("GET", url)
        assert asked == ["localhost"] and f"Host: {host_of(url)}".encode() in server.requests[0]


def test_loopback_by_name_can_be_refused_too() -> None:
    with misbehaving(always(GOOD)) as server:
        transport = Transport(hosts=[server.host], time=ManualTime(), allow_loopback=False)
        with pytest.raises(Unavailable, match="not a public address"):
            transport.call("GET", server.url)
        assert server.requests == []


def test_a_refused_address_is_not_retried_and_not_connected_to() -> None:
    asked: list[str] = []

    def inside(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    transport = Transport(hosts=["grants.example:443"], time=ManualTime(), resolver=inside)
    with pytest.raises(Unavailable, match="not a public address"):
        transport.call("POST", "https://grants.example/", json={})
    assert asked == ["grants.example"]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirected_write_is_never_followed(status: int) -> None:
    with misbehaving(always(GOOD)) as other:
        there = answer(b"", f"{status} Moved", Location=f"{other.url}/sign-in")
        with misbehaving(always(there)) as server:
            transport = Transport(hosts=[server.host, other.host], time=ManualTime())
            with pytest.raises(Unavailable, match="/sign-in"):
                transport.call("POST", server.url, json={})
        assert other.requests == []


def test_a_write_answered_with_see_other_may_have_happened() -> None:
    with misbehaving(always(answer(b"", "303 See Other", Location="/done"))) as server, pytest.raises(Ambiguous):
        Transport(hosts=[server.host], time=ManualTime()).call("POST", server.url, json={})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_read_follows_to_a_named_host_without_any_credential(status: int) -> None:
    with misbehaving(always(GOOD)) as other:
        there = answer(b"", f"{status} Moved", Location=f"{other.url}/there")
        with misbehaving(always(there)) as server:
            transport = Transport(hosts=[server.host, other.host], time=ManualTime())
            headers = {"Authorization": "Bearer canary", "X-Api-Key": "canary"}
            assert transport.call("GET", server.url, headers=headers).json() == {"ok": True}
        assert b"canary" not in other.requests[0]


def test_a_read_keeps_its_credentials_within_one_origin() -> None:
    with misbehaving(in_turn(answer(b"", "302 Found", Location="/there"), GOOD)) as server:
        transport = Transport(hosts=[server.host], time=ManualTime())
        transport.call("GET", server.url, headers={"X-Api-Key": "canary"})
        assert b"canary" in server.requests[1]


def test_a_read_does_not_follow_to_a_host_that_is_not_named() -> None:
    with misbehaving(always(GOOD)) as other:
        with (
            misbehaving(always(answer(b"", "302 Found", Location=other.url))) as server,
            pytest.raises(Unavailable, match="not among the hosts"),
        ):
            Transport(hosts=[server.host], time=ManualTime()).call("GET", server.url)
        assert other.requests == []


def test_a_redirect_in_a_circle_ends() -> None:
    with misbehaving(always(answer(b"", "302 Found", Location="/again"))) as server:
        with pytest.raises(Unavailable, match="more than 5"):
            Transport(hosts=[server.host], time=ManualTime()).call("GET", server.url)
        assert len(server.requests) == 6


def test_proxies_and_netrc_of_the_machine_are_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login canary password canary\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with misbehaving(always(GOOD)) as server:
        Transport(hosts=[server.host], time=ManualTime()).call("GET", server.url)
        assert b"authorization" not in server.requests[0].lower()


def test_cookies_are_not_kept() -> None:
    with misbehaving(always(answer(b"{}", Set_Cookie="session=canary"))) as server:
        transport = Transport(hosts=[server.host], time=ManualTime())
        for _ in range(2):
            transport.call("GET", server.url)
        assert b"canary" not in server.requests[1]


def test_the_log_has_no_query_header_or_body() -> None:
    notes: list[dict[str, Any]] = []
    with misbehaving(in_turn(b"", answer(b'{"x": "canary"}'))) as server:
        transport = Transport(hosts=[server.host], time=ManualTime(), log=notes.append)
        url = f"{server.url}/a?token=canary"
        transport.call("GET", url, params={"q": "canary"}, headers={"Authorization": "canary"})
    assert [note.get("status") for note in notes] == [None, 200]
    assert "canary" not in repr(notes)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://api.airtable.com/v0", "api.airtable.com:443"),
        ("http://127.0.0.1:8201/v0", "127.0.0.1:8201"),
        ("http://[::1]:8201", "[::1]:8201"),
        ("nonsense", ""),
        ("https://x:y", ""),
    ],
)
def test_the_host_of_a_url_is_what_a_connection_names(url: str, host: str) -> None:
    assert host_of(url) == host


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def encrypted(authority: trustme.CA) -> Iterator[Sandbox]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "grants.example").configure_cert(context)
    app = Flask("encrypted")
    app.add_url_rule("/", view_func=lambda: jsonify(host=request.host))
    with Sandbox("encrypted", app, ssl_context=context) as sandbox:
        yield sandbox


def test_tls_is_checked_against_the_name_while_connecting_to_the_address(
    encrypted: Sandbox, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    port = host_of(encrypted.url).rpartition(":")[2]
    # Only for this test may a public name lead to this machine.
    monkeypatch.setattr(Addresses, "_acceptable", lambda self, host, address: True)

    def call(name: str, ca_file: str | None) -> Any:
        transport = Transport(
            hosts=[f"{name}:{port}"], time=ManualTime(), ca_file=ca_file, resolver=lambda host, port: ["127.0.0.1"]
        )
        return transport.call("POST" if name == "other.example" else "GET", f"https://{name}:{port}/").json()

    assert call("grants.example", str(tmp_path / "ca.pem")) == {"host": f"grants.example:{port}"}
    with pytest.raises(Unavailable, match=r"(?i)mismatch|doesn't match|not valid"):
        call("other.example", str(tmp_path / "ca.pem"))  # nothing was sent: not ambiguous, though a POST
    with pytest.raises(Unavailable, match=r"(?i)certificate"):
        call("grants.example", None)


def test_many_threads_may_use_one_transport() -> None:
    app = Flask("many")
    app.add_url_rule("/<int:number>", view_func=lambda number: jsonify(number=number))
    wrong: list[int] = []
    with Sandbox("many", app) as sandbox:
        transport = Transport(hosts=[host_of(sandbox.url)], time=ManualTime())

        def ask(number: int) -> None:
            if transport.call("GET", f"{sandbox.url}/{number}").json() != {"number": number}:
                wrong.append(number)

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (wrong, len(sandbox.seen)) == ([], 16)

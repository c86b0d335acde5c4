"""What the hub needs of others: a mail server, clocks that agree, and every connection's system."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from connectors import registry
from connectors.addresses import host_of
from connectors.contract import ConnectorError, Settings
from hub.app import Hub
from hub.checks import checks
from hub.config import ConnectionConfig
from hub.doctor.found import Found, fail, look, ok
from hub.mail import sending

PATIENCE = 20.0
APART = 60.0
"""Seconds between two clocks. From five minutes on signed sign-ins and webhooks are refused."""
REFUSED = 240.0


def mail(hub: Hub) -> Iterator[Found]:
    config = hub.config.mail
    if config is None:
        yield look(
            "mail",
            "server",
            "There is none: nobody is told of trouble by mail, and invitations are copied by hand.",
            "Set [mail].",
        )
        return
    try:
        sending.greet(config)
    except (OSError, smtplib.SMTPException) as error:
        fix = "Look at [mail] host, port, tls, user and password, and whether a firewall lets the hub out."
        yield fail("mail", config.host, f"It does not take mails: {sending.words_of(error)}", fix)
        return
    yield ok("mail", config.host, f"takes mails on port {config.port} ({config.tls})")


def clocks(hub: Hub) -> Iterator[Found]:
    """This machine's clock against what systems say in ``Date`` (RFC 9110, section 6.6.1), one call each, without signing in."""
    asked: set[str] = set()
    for config in hub.config.connections.values():
        for host, url, policy in _doors(config):
            if host in asked:
                continue
            asked.add(host)
            theirs = _date(hub, host, url, policy)
            if theirs is not None:
                yield _apart(host, (hub.time.now() - theirs).total_seconds())


def _doors(config: ConnectionConfig) -> Iterator[tuple[str, str, dict[str, Any]]]:
    if config.paused or config.door:
        return
    system = registry.load(config.system)
    known = [
        value
        for value in config.options.values()
        if isinstance(value, str) and value.startswith(("http://", "https://"))
    ]
    for host in system.hosts(Settings(config.name, config.options)):
        url = next((value for value in known if host_of(value) == host), f"https://{host}/")
        yield host, url, {"allow_http": config.allow_http}


def _date(hub: Hub, host: str, url: str, policy: dict[str, Any]) -> datetime | None:
    try:
        transport = hub.outgoing([host], **policy, deadline=PATIENCE, timeout=PATIENCE)
        answer = transport.call("HEAD", url, expected=range(100, 600))
        transport.close()
        return parsedate_to_datetime(answer.headers["date"])
    except (ConnectorError, KeyError, ValueError):
        return None  # whether it can be reached at all is said below


def _apart(host: str, seconds: float) -> Found:
    said = (
        f"{abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'} {host}" if abs(seconds) >= 2 else f"as {host}"
    )
    fix = "Let this machine keep its time by NTP: timedatectl set-ntp true"
    if abs(seconds) >= REFUSED:
        return fail("time", "this clock", said, fix)
    return look("time", "this clock", said, fix) if abs(seconds) >= APART else ok("time", "this clock", said)


def connections(hub: Hub) -> Iterator[Found]:
    for name, config in hub.config.connections.items():
        if config.paused:
            yield look(
                "connections", name, "The configuration pauses it.", "Remove `paused = true` there, or leave it."
            )
            continue
        for check in checks(hub, name, PATIENCE):
            looked = f"{name}: {check.name}"
            if check.ok:
                yield ok("connections", looked, check.detail)
            else:
                yield fail(
                    "connections", looked, check.detail, check.fix or "Its connector's README says what it needs."
                )

"""Webhooks on their way out: claimed, posted by the transport with its address policy, tried again for a day."""

from __future__ import annotations

import logging
from datetime import timedelta

from connectors.addresses import host_of
from connectors.contract import Ambiguous, ConnectorError
from connectors.transport import dump
from hub.alerts.trouble import HUB
from hub.app import Hub
from hub.operating import Alerts
from hub.signing import sign
from hub.store import alerts as store
from hub.store.tables import Notice

log = logging.getLogger("hub.alerts")
AT_ONCE = 10
CLAIM = timedelta(minutes=5)
"""Longer than one call may take: only a dead process loses it."""
PATIENCE = 20.0
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
GIVE_UP = timedelta(days=1)
KEPT = timedelta(days=30)


def send_waiting(hub: Hub) -> int:
    """Post what is due; how many were taken. A process that dies between the answer and its note posts once more, with the
    same ``webhook-id``: twice is a nuisance, lost is harm."""
    now = hub.time.now()
    with hub.reading() as conn:
        found = store.ripe(conn, now, AT_ONCE)
    if not found:
        return 0
    with hub.writing() as conn:
        store.forget(conn, now - KEPT)
        mine = [row for row in found if store.claim(conn, row.id, now, now + CLAIM)]
    return sum(_send(hub, row) for row in mine)


def _send(hub: Hub, row: Notice) -> bool:
    way = _way(hub, row.owner)
    if way is None or way.webhook is None:
        _end(hub, row, "failed", "There is no webhook for it in the configuration any more.")
        return False
    try:
        status = _post(hub, way, row)
    except Ambiguous:
        return _again(hub, row, "the answer was lost")
    except ConnectorError as error:
        return _again(hub, row, type(error).__name__)  # its text names the address, which is a secret
    if status < 300:
        _end(hub, row, "sent")
        return True
    if status in (408, 425, 429) or status >= 500:
        return _again(hub, row, f"it answered {status}")
    log.warning("a webhook was refused for good", extra={"owner": row.owner, "status": status})
    _end(hub, row, "failed", f"It answered {status}.")
    return False


def _post(hub: Hub, way: Alerts, row: Notice) -> int:
    assert way.webhook is not None
    url, body = way.webhook.reveal(), dump(row.body)
    headers = {"Content-Type": "application/json"}
    if way.secret is not None:
        seconds = str(int(hub.time.now().timestamp()))
        signature = f"v1,{sign(way.secret.reveal(), row.id, seconds, body)}"
        headers |= {"webhook-id": row.id, "webhook-timestamp": seconds, "webhook-signature": signature}
    transport = hub.outgoing([host_of(url)], allow_private=way.allow_private, deadline=PATIENCE, timeout=PATIENCE)
    try:
        return transport.call(
            "POST", url, content=body, headers=headers, repeatable=False, expected=range(300, 600)
        ).status
    finally:
        transport.close()


def _way(hub: Hub, owner: str) -> Alerts | None:
    if owner == HUB:
        return hub.config.operating.alerts
    member = hub.config.members.get(owner.partition(":")[2])
    return member.alerts if member else None


def _again(hub: Hub, row: Notice, why: str) -> bool:
    now = hub.time.now()
    if now - row.at > GIVE_UP:
        log.warning("a webhook could not be sent for a day", extra={"owner": row.owner, "why": why})
        _end(hub, row, "failed", f"It could not be sent for a day: {why}.")
        return False
    log.info("a webhook waits", extra={"owner": row.owner, "why": why})
    with hub.writing() as conn:
        store.later(conn, row.id, now + min(FIRST_PAUSE * 2 ** min(row.tries, 10), LONGEST_PAUSE), why)
    return False


def _end(hub: Hub, row: Notice, state: str, why: str | None = None) -> None:
    with hub.writing() as conn:
        store.end(conn, row.id, state, hub.time.now(), why)

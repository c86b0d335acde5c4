"""What ``[log]``, ``[metrics]`` and the parts called ``alerts`` come to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from connectors.addresses import LOOPBACK_NAMES
from connectors.contract import Secret
from hub.settings import ALERTS, LOG, METRICS, Setting
from hub.signing import unusable

Where = tuple[str, ...]


class Reading(NamedTuple):
    """How the configuration reads a table's settings and a secret, and is told of a problem; see ``hub.config``."""

    settings: Callable[[Where, dict[str, Any], tuple[Setting, ...]], dict[str, Any]]
    secret: Callable[[Where, Any], Secret | None]
    say: Callable[[Where, str], None]


@dataclass(frozen=True, slots=True)
class Log:
    """``format``: json, plain, or None where the place decides. ``level`` as ``logging`` names it."""

    format: str | None = None
    level: str = "INFO"
    file: Path | None = None

    @staticmethod
    def of(values: Mapping[str, Any], folder: Path) -> Log:
        file = folder / values["file"] if values["file"] else None
        return Log(values["format"], values["level"].upper(), file)


@dataclass(frozen=True, slots=True)
class Metrics:
    """Where Prometheus reads; nowhere without a ``port``."""

    host: str = ""
    port: int | None = None

    @staticmethod
    def of(values: Mapping[str, Any], say: Callable[[str], None]) -> Metrics:
        if not values["listen"]:
            return Metrics()
        host, _, port = values["listen"].rpartition(":")
        if not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
            say(f'"listen" is "{values["listen"]}"; write HOST:PORT, like 127.0.0.1:9100.')
            return Metrics()
        return Metrics(host.strip("[]"), int(port))


@dataclass(frozen=True, slots=True)
class Alerts:
    """How one owner is told of trouble. ``webhook`` is its whole address: that of a chat lets anyone write there.
    ``ends``: the last day of what a connection signs in with, by its name."""

    mail: bool = True
    webhook: Secret | None = None
    form: str = "json"
    secret: Secret | None = None
    allow_private: bool = False
    ends: Mapping[str, date] = field(default_factory=dict)

    @staticmethod
    def of(
        values: Mapping[str, Any], url: Secret | None, secret: Secret | None, say: Callable[[str, str], None]
    ) -> Alerts:
        if url is not None and (why := _no_address(url.reveal(), values["allow_private"])):
            say("webhook", f'"webhook" {why}')
            url = None
        if secret is not None and (why := unusable(secret.reveal())):
            say("secret", f'"secret" {why}')
            secret = None
        if secret is not None and values["form"] != "json":
            say(
                "secret",
                f'"secret" signs what is sent as json; {values["form"]} has no place for a signature. Leave it out.',
            )
            secret = None
        ends = dict(values["ends"] or {})
        for name, day in list(ends.items()):
            if not isinstance(day, date) or isinstance(day, datetime):
                say("ends", f'"{name}" ends on a day, written without quotes: {name} = 2027-03-31.')
                del ends[name]
        return Alerts(values["mail"], url, values["form"], secret, values["allow_private"], ends)


def _no_address(url: str, private: bool) -> str:
    """Why nothing can be posted there, without showing it; empty when it can."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "is no address. Copy it whole from where messages are to appear."
    if not parts.hostname or parts.username or port == 0 or parts.scheme not in ("http", "https"):
        return "is no address. Copy it whole from where messages are to appear: https://…"
    if parts.hostname in LOOPBACK_NAMES:
        return "" if private else "leads to this machine. Set allow_private = true where that is meant."
    if parts.scheme == "http":
        return "would be called without encryption. Use https://."
    return ""


@dataclass(frozen=True, slots=True)
class Operating:
    """How the hub is watched. ``alerts``: its operators, for what concerns the hub itself."""

    log: Log = Log()
    metrics: Metrics = Metrics()
    alerts: Alerts = Alerts()


USUAL = Operating()
"""What holds where nothing of it is configured."""


def read(main: Mapping[str, Any], folder: Path, reading: Reading) -> Operating:
    """Of the main file, which stands in ``folder``."""
    log, metrics = (
        reading.settings((n,), _table(main.get(n)), known) for n, known in (("log", LOG), ("metrics", METRICS))
    )
    return Operating(
        Log.of(log, folder),
        Metrics.of(metrics, lambda why: reading.say(("metrics", "listen"), why)),
        alerts(("alerts",), main.get("alerts"), None, reading),
    )


def alerts(where: Where, table: Any, owner: str | None, reading: Reading) -> Alerts:
    """``owner``: the member whose own file it stands in."""
    values = reading.settings(where, _table(table), ALERTS)
    if owner is not None and values["allow_private"]:
        reading.say((*where, "allow_private"), "Only the operator's own file can let messages into an inner network.")
    found = {n: reading.secret((*where, n), values[n]) if values[n] else None for n in ("webhook", "secret")}
    return Alerts.of(values, found["webhook"], found["secret"], lambda name, why: reading.say((*where, name), why))


def _table(found: Any) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}

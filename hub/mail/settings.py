"""What ``[mail]`` of the configuration comes to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any, Literal

from connectors.contract import Secret
from hub.mail.addresses import is_address

Tls = Literal["starttls", "tls", "none"]
PORTS: Mapping[str, int] = {"starttls": 587, "tls": 465, "none": 25}
HERE = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class MailConfig:
    """``sender`` is a bare address, ``name`` the name shown with it, or empty."""

    host: str
    port: int
    tls: Tls
    sender: str
    name: str = ""
    user: str | None = None
    password: Secret | None = None


def mail_config(
    values: Mapping[str, Any], password: Secret | None, say: Callable[[str, str], None]
) -> MailConfig | None:
    """The part's ``values`` put together; ``say`` is told of each setting that cannot be used, and None returned."""
    if not values["host"] or not values["from"]:
        return None  # said already
    name, sender = parseaddr(values["from"])
    if not is_address(sender):
        say("from", f'"from" is "{values["from"]}"; write an address, or "Name <address>".')
        return None
    if bool(values["user"]) != bool(values["password"]):
        say("user", '"user" and "password" belong together: give both, or neither.')
        return None
    if values["tls"] == "none" and values["user"] and values["host"] not in HERE:
        say("tls", '"none" would send the password unprotected over the network. Write "starttls" or "tls".')
        return None
    port = values["port"] or PORTS[values["tls"]]
    return MailConfig(values["host"], port, values["tls"], sender, name, values["user"], password)

"""What ``[sign_in]`` of the configuration comes to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from connectors.addresses import LOOPBACK_NAMES, host_of
from connectors.contract import Secret

Local = Literal["on", "break-glass", "off"]


@dataclass(frozen=True, slots=True)
class ProviderConfig:
    """An identity provider that speaks OpenID Connect. ``hosts``: further ``host:port`` pairs that it may be called at.
    ``acr`` and ``amr``: of each that is not empty, an id token must have one. ``ends_there``: signing out here ends the session
    at the provider too."""

    issuer: str
    client_id: str
    client_secret: Secret | None = None
    title: str = ""
    email: str = "email"
    verified: str = "email_verified"
    acr: tuple[str, ...] = ()
    amr: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    allow_private: bool = False
    ends_there: bool = False


@dataclass(frozen=True, slots=True)
class SignInConfig:
    """``local``: who comes in by a password of the hub's own: everyone (on), operators only (break-glass), nobody (off).
    ``chosen``: whether the configuration says so itself."""

    provider: ProviderConfig | None = None
    local: Local = "on"
    chosen: bool = False


def sign_in_config(values: Mapping[str, Any], secret: Secret | None, say: Callable[[str, str], None]) -> SignInConfig:
    """The part's ``values`` put together; ``say`` is told of each setting that cannot be used."""
    local, chosen, issuer = values["local"], values["local"] is not None, values["issuer"]
    if not issuer:
        for name in ("client_id", "client_secret", "acr", "amr", "hosts"):
            if values[name]:
                say(name, f'"{name}" is of a provider; name it with "issuer".')
        if local in ("break-glass", "off"):
            say("local", f'Nobody could sign in: "{local}" wants a provider. Add "issuer" and "client_id".')
        return SignInConfig(None, local or "on", chosen)
    parts = urlsplit(issuer)
    here = parts.scheme == "http" and parts.hostname in LOOPBACK_NAMES
    if (parts.scheme != "https" and not here) or not parts.hostname or parts.query or parts.fragment:
        say("issuer", f'"issuer" is "{issuer}"; it is an address that begins with https://, without ? or #.')
        return SignInConfig(None, local or "on", chosen)
    if not values["client_id"]:
        say("issuer", '"issuer" needs "client_id": what the provider calls this hub.')
        return SignInConfig(None, local or "on", chosen)
    if here and not values["allow_private"]:
        say("issuer", '"issuer" is on this machine. If that is meant, write allow_private = true beside it.')
    hosts = (host_of(issuer), *map(str, values["hosts"] or ()))
    provider = ProviderConfig(
        issuer, values["client_id"], secret, values["title"], values["email"], values["verified"],
        tuple(map(str, values["acr"] or ())), tuple(map(str, values["amr"] or ())), hosts, values["allow_private"],
        values["sign_out"] == "provider",
    )  # fmt: skip
    return SignInConfig(provider, local or "break-glass", chosen)

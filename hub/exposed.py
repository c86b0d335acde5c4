"""Whether a hub is fit to be reached from elsewhere than its own machine. One that is not does not start."""

from __future__ import annotations

from urllib.parse import urlsplit

from connectors.addresses import LOOPBACK_NAMES
from hub.config import Config

SHORTEST = 32
"""Characters of the secret that signs forms: 128 random bits in hexadecimal."""
KNOWN = ("secret", "change", "default", "example", "password", "test")
"""What stands in secrets that were copied from somewhere."""


def unfit(config: Config) -> list[str]:
    """What must be put right first, a sentence each; nothing for a hub whose public address is on this machine."""
    address = urlsplit(config.public_url)
    if address.hostname in LOOPBACK_NAMES:
        return []
    found = []
    if address.scheme != "https":
        found.append(
            f"[web] public_url is {config.public_url}: passwords and sessions would travel unprotected. Put a proxy with TLS in "
            "front, and write https://."
        )
    secret = config.secret.reveal() if config.secret else ""
    if not secret:
        found.append(
            '[web] secret is not set. Make one with `openssl rand -hex 32` and write secret = "env:HUB_SECRET".'
        )
    elif len(secret) < SHORTEST or any(word in secret.lower() for word in KNOWN) or len(set(secret)) < 8:
        found.append("[web] secret can be guessed. Make one with `openssl rand -hex 32`.")
    if config.sign_in.provider is None and not config.sign_in.chosen:
        found.append(
            "People would sign in by password only, without a second factor. Name your identity provider under [sign_in], or "
            'say that this is meant: local = "on".'
        )
    return found

"""E-mail addresses: what is one, and how it is kept."""

from __future__ import annotations

import re

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?=.{1,253}$)[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*")
"""The form that browsers take in a field of type e-mail (HTML, "valid e-mail address"): no spaces, quotes, brackets
or line breaks, so nothing that could begin another header or address another person."""


def is_address(text: str) -> bool:
    return bool(_ADDRESS.fullmatch(text))


def plain(text: str) -> str:
    """As it is kept and compared: without spaces around it, in small letters."""
    return text.strip().lower()

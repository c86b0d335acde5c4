"""What a person answers for an option of a connector, and what the configuration file then says."""

from __future__ import annotations

import re
from typing import Any

from connectors.contract import Option


def usual(option: Option, member: str, system: str) -> str:
    """What Enter stands for."""
    if option.secret:
        return reference(option, member, system) if option.required else ""
    if isinstance(option.default, bool):
        return "yes" if option.default else "no"
    return "" if option.default is None else str(option.default)


def reference(option: Option, member: str, system: str) -> str:
    """An environment variable that this member may use."""
    return "env:HUB_" + re.sub(r"\W", "_", f"{member}_{system}_{option.name}").upper()


def read(option: Option, text: str) -> Any:
    """ValueError says what is wrong with it."""
    text = text.strip()
    if not text:
        raise ValueError(f"{option.name} is needed: {option.help}")
    if option.secret:
        if not re.fullmatch(r"env:[A-Za-z_]\w*|file:.+", text):
            raise ValueError(
                f"{option.name} is a secret, and does not go into the file. Say where it comes from: env:NAME or file:PATH."
            )
        return text
    if option.choices:
        if text not in option.choices:
            raise ValueError(f"{option.name} is one of {', '.join(option.choices)}.")
        return text
    if isinstance(option.default, bool):
        if text.lower() not in ("yes", "no", "true", "false"):
            raise ValueError(f"{option.name} is yes or no.")
        return text.lower() in ("yes", "true")
    if isinstance(option.default, int):
        if not re.fullmatch(r"-?\d{1,18}", text):
            raise ValueError(f"{option.name} is a whole number.")
        return int(text)
    return text

"""A connection as the configuration sets it up, in words for people: secrets only by where they come from."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from connectors.contract import Secret
from hub.commons.criteria import Criteria
from hub.config import ConnectionConfig
from schemas.said import phrase

HIDDEN = phrase("set, and not shown")
"""A secret that came without a reference; only tests and programs make such ones."""


def settings(config: ConnectionConfig) -> dict[str, str]:
    """Every setting by its name, those of the connector as ``options.NAME``; what is not set is left out."""
    said: dict[str, str] = {}
    for one in fields(config):
        value = getattr(config, one.name)
        if one.name == "options":
            said |= {f"options.{name}": _text(option) for name, option in sorted(value.items()) if option is not None}
        elif one.name == "every":
            said["every"] = _time(value)
        elif one.name != "name" and value is not None:
            said["import" if one.name == "imports" else one.name] = _text(value)
    return said


def _text(value: Any) -> str:
    if isinstance(value, Secret):
        return phrase("set by %(reference)s", reference=value.reference) if value.reference else HIDDEN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return "; ".join(map(_text, value)) or "all"
    if isinstance(value, Criteria):
        data = {name: part for name, part in value.as_data().items() if part}
        return ", ".join(f"{name} {_text(part)}" for name, part in data.items()) or "all"
    if isinstance(value, list):
        return " or ".join(map(_text, value))
    if isinstance(value, dict):
        return ", ".join(f"{name} = {_text(part)}" for name, part in sorted(value.items()))
    return str(value)


def _time(seconds: float) -> str:
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds / size:g}{unit}"
    return f"{seconds:g}s"

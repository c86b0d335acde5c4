"""Lenses for text: as it is, joined from several columns, and HTML."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mappings.lens import Raw, Unreadable, blank

_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_BLOCK = re.compile(r"</(p|div|li|h[1-6])\s*>", re.IGNORECASE)
_HIDDEN = re.compile(r"<(script|style)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]*>")


def plain(value: Any, column: str) -> str:
    """A cell as text: numbers keep the digits they show (a registry number typed into a number cell)."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return format(value, "f") if isinstance(value, Decimal) else str(value)
    raise Unreadable(f'"{column}" holds {type(value).__name__}, not text.')


def shown(value: Any) -> str:
    """A commons value as one line of text, for columns that only show it."""
    if isinstance(value, list):
        return "; ".join(shown(item) for item in value)
    if isinstance(value, dict):
        if value.keys() == {"amount", "currency"}:
            return f"{value['currency']} {Decimal(value['amount']):,}"
        return str(value.get("text") or value.get("date") or ", ".join(str(v) for v in value.values()))
    return str(value)


@dataclass(frozen=True, slots=True)
class Text:
    """``max``: longer text is cut, in characters. ``prefix``: stands in the system, not in the commons."""

    column: str
    max: int | None = None
    prefix: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    @property
    def lossy(self) -> str:
        return f"text is cut after {self.max} characters" if self.max else ""

    def read(self, raw: Raw) -> str | None:
        value = raw.get(self.column)
        return None if blank(value) else plain(value, self.column).removeprefix(self.prefix)

    def write(self, value: Any, original: Raw | None) -> dict[str, Any]:
        if blank(value):
            return {self.column: None}
        text = self.prefix + (value if isinstance(value, str) else shown(value))
        return {self.column: text[: self.max] if self.max else text}


@dataclass(frozen=True, slots=True)
class Joined:
    """Several columns read as one text. There is no way back: such a field is ``way = "in"``."""

    columns: tuple[str, ...]
    separator: str = "\n\n"
    lossy: str = "several columns become one text"

    def read(self, raw: Raw) -> str | None:
        parts = [plain(raw[c], c) for c in self.columns if not blank(raw.get(c))]
        return self.separator.join(parts) if parts else None

    def write(self, value: Any, original: Raw | None) -> dict[str, Any]:
        return {}


@dataclass(frozen=True, slots=True)
class Html:
    """Rich text in the system, plain text in the commons. Marking up is lost when the text changes."""

    column: str
    lossy: str = "formatting is lost"

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def read(self, raw: Raw) -> str | None:
        value = raw.get(self.column)
        if blank(value):
            return None
        text = _BREAK.sub("\n", _HIDDEN.sub("", plain(value, self.column)))
        text = _TAG.sub("", _BLOCK.sub("\n", text)) if "<" in text else text
        return html.unescape(text) or None

    def write(self, value: Any, original: Raw | None) -> dict[str, Any]:
        if blank(value):
            return {self.column: None}
        return {self.column: html.escape(shown(value), quote=False).replace("\n", "<br>")}

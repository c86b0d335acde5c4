"""Lens for dates: by a declared profile, never guessed; what is less exact than a day keeps its precision."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mappings.lens import Raw, Unholdable, Unreadable, blank
from schemas.when import when

_ISO = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ]\d\d:\d\d.*)?")
_TOKENS = {"yyyy": "%Y", "mmmm": "%B", "mmm": "%b", "mm": "%m", "m": "%m", "dd": "%d", "d": "%d"}


def strptime_of(profile: str) -> str:
    """``dd/mm/yyyy`` as Python spells it. ValueError for a profile without day, month and year."""
    format = re.sub("yyyy|mmmm|mmm|mm|m|dd|d", lambda token: _TOKENS[token[0]], profile)
    if "%Y" not in format or "%d" not in format or not re.search("%[mbB]", format):
        raise ValueError(f"{profile!r} is no date format. Write it like dd/mm/yyyy.")
    return format


@dataclass(frozen=True, slots=True)
class Date:
    """``format``: how text cells write a day (ISO 8601 without one). ``words``: a text column, which
    keeps what is no date ("Spring 2026") and can hold months and years."""

    column: str
    format: str = ""
    words: bool = False
    lossy: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def read(self, raw: Raw) -> dict[str, Any] | None:
        value = raw.get(self.column)
        if blank(value):
            return None
        if not isinstance(value, str):
            raise Unreadable(f'"{self.column}" holds {value!r}, which is no date.')
        try:
            return when(self._form(value))
        except ValueError:
            if self.words:
                return {"date": None, "text": value}
            wanted = self.format or "2026-03-31"
            raise Unreadable(f'"{self.column}" holds {value!r}, which is no date as in {wanted}.') from None

    def _form(self, text: str) -> str:
        if match := _ISO.fullmatch(text):
            return match[1]
        if self.format:
            return datetime.strptime(text.strip(), strptime_of(self.format)).date().isoformat()
        return text

    def write(self, value: Any, original: Raw | None) -> dict[str, Any]:
        if blank(value):
            return {self.column: None}
        form = value.get("date")
        if form and len(form) == 10:
            day = datetime.fromisoformat(form)
            return {self.column: day.strftime(strptime_of(self.format)) if self.format else form}
        if not self.words:
            raise Unholdable(f'"{self.column}" holds whole dates only, not {value.get("text") or form}.')
        return {self.column: value.get("text") or form}

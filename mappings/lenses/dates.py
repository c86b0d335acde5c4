"""Dates. A date column holds days; a text column (``type = "text"``) holds any words about a date."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from mappings.entry import Entry
from mappings.lenses.lens import Lens, Value, kind_of, one_column
from schemas.said import phrase
from schemas.when import when

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)\s*(?:Z|[+-]\d\d:?\d\d)?", re.ASCII)
_TOKENS = {"%d": r"(?P<d>\d{1,2})", "%m": r"(?P<m>\d{1,2})", "%Y": r"(?P<Y>\d{4})"}


def date(entry: Entry) -> Lens:
    """A column of dates: ISO days and times, or text in the declared ``format`` (one, or a list: the first is
    written). A time of day stays as the original words; the days before and after count as written.

    ``time`` is for a column of moments: a day is written with that time of day and read back as the day, and a moment
    is written as it is."""
    [column] = entry.columns
    given = entry.options.get("format")
    formats = [given] if isinstance(given, str) else list(given or ())
    shapes = [_shape(form) for form in formats]
    time: str | None = entry.options.get("time")

    @lru_cache(maxsize=8192)
    def parse(text: str) -> tuple[str | None, str | None]:
        return _in_format(text, shapes, formats) or _iso(text)

    def read(value: Any) -> Value:
        if value.__class__ is not str:
            raise ValueError(phrase("The column holds %(value)s where a date is expected.", value=kind_of(value)))
        if time and value[10:] == f"T{time}":
            value = value[:10]
        day, words = parse(value)
        return {"date": day} if words is None else {"date": day, "text": words}

    def write(value: Value, _: Any) -> str:
        day: str = value["date"]
        if not _is_day(day):
            raise ValueError(
                phrase("The column holds days only; the value is %(day)s.", day=repr(day or value.get("text")))
            )
        if time:
            moment = _TIME.fullmatch(value.get("text") or "")
            return moment[0] if moment and moment[1] == day else f"{day}T{time}"
        if not formats:
            return day
        return formats[0].replace("%Y", day[:4]).replace("%m", day[5:7]).replace("%d", day[8:])

    return one_column(column, read, write, phrase("words and times of day beside the date"))


def words(entry: Entry) -> Lens:
    """A text column about a date. What is no date form is kept as its words."""
    [column] = entry.columns

    def read(value: Any) -> Value:
        if value.__class__ is not str:
            raise ValueError(
                phrase("The column holds %(value)s where words about a date are expected.", value=kind_of(value))
            )
        try:
            day, text = _iso(value)
        except ValueError:
            return {"date": None, "text": value}
        return {"date": day} if text is None else {"date": day, "text": text}

    def write(value: Value, _: Any) -> str:
        day, text = value["date"], value.get("text")
        if text is None or (day is not None and read(text) != value):
            return str(day)
        return str(text)

    return one_column(column, read, write, phrase("words beside a date form"))


@lru_cache(maxsize=8192)
def _is_day(day: str | None) -> bool:
    return isinstance(day, str) and _DAY.fullmatch(day) is not None


def _iso(text: str) -> tuple[str | None, str | None]:
    timed = _TIME.fullmatch(text)
    if timed:
        when(timed[1])
        return timed[1], None if not timed[2].strip("0:.") else text
    return when(text)["date"], None


def _shape(form: str) -> re.Pattern[str]:
    parts = re.split(r"(%.)", form)
    return re.compile("".join(_TOKENS[p] if p in _TOKENS else re.escape(p) for p in parts), re.ASCII)


def _in_format(text: str, shapes: Sequence[re.Pattern[str]], formats: Sequence[str]) -> tuple[str, None] | None:
    for shape in shapes:
        found = shape.fullmatch(text)
        if found:
            day = f"{found['Y']}-{int(found['m']):02}-{int(found['d']):02}"
            when(day)
            return day, None
    if formats and re.fullmatch(r"\d{1,2}([./-])\d{1,2}\1\d{4}", text):
        raise ValueError(
            phrase("%(text)s is not in the declared format %(formats)s.", text=repr(text), formats=repr(formats[0]))
        )
    return None


def faults(options: Any) -> list[str]:
    given = options.get("format")
    formats = [given] if isinstance(given, str) else given
    time = options.get("time")
    if time is not None and (
        formats is not None or not isinstance(time, str) or not _TIME.fullmatch(f"2026-01-31T{time}")
    ):
        return [phrase('has a time that is none, or one beside a format. Write it like time = "12:00:00.000+0000".')]
    if formats is None:
        return []
    if not isinstance(formats, list) or not all(isinstance(form, str) for form in formats):
        return [phrase("has a format that is no text and no list of texts.")]
    return [
        phrase('has the format "%(form)s". Use %%d, %%m and %%Y once each, like "%%d/%%m/%%Y".', form=form)
        for form in formats
        if sorted(re.findall(r"%.", form)) != ["%Y", "%d", "%m"]
    ]

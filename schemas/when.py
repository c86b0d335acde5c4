"""Dates that keep their precision: ``2026-03-31``, ``2026-03``, ``2026-Q1``, ``2026``, ``rolling``, ``never``."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from typing import Any

from schemas.said import phrase

_FORM = re.compile(r"([0-9]{4})(?:-(?:(0[1-9]|1[0-2])(?:-([0-9]{2}))?|Q([1-4])))?")
OPEN = ("rolling", "never")


def when(value: Any) -> dict[str, Any]:
    """``{"date": form or None, "text"?: the original words}`` from such a dict or the bare form.

    ``text`` stays only where it says more than the form. ValueError for a date that is none.
    """
    if isinstance(value, dict):
        if not value.keys() <= {"date", "text"}:
            raise ValueError(phrase("A date has the parts date and text, nothing else."))
        form, text = value.get("date"), value.get("text")
    else:
        form, text = value, None
    if form is not None:
        _check(form)
    if form is None and not text:
        raise ValueError(phrase("A date needs a form like 2026-03-31, 2026-03, 2026-Q1, 2026, or words."))
    if text is not None and not isinstance(text, str):
        raise ValueError(phrase("The words of a date are text."))
    return {"date": form} | ({"text": text} if text and text != form else {})


def over(value: dict[str, Any] | None, today: date) -> bool:
    """Whether its last day has passed; never for what has no form, is ``rolling`` or ``never`` ends."""
    form = (value or {}).get("date")
    found = _FORM.fullmatch(form) if isinstance(form, str) else None
    if found is None:
        return False
    year, month, day, quarter = found.groups()
    if day:
        return date.fromisoformat(str(form)) < today
    last = int(quarter) * 3 if quarter else int(month or 12)
    return (int(year), last) < (today.year, today.month)


def last_day(value: dict[str, Any] | None) -> str | None:
    """Its last day as 2026-03-31; None for what has no form, or no end."""
    form = (value or {}).get("date")
    found = _FORM.fullmatch(form) if isinstance(form, str) else None
    if found is None:
        return None
    year, month, day, quarter = found.groups()
    if day:
        return str(form)
    last = int(quarter) * 3 if quarter else int(month or 12)
    return f"{year}-{last:02}-{monthrange(int(year), last)[1]:02}"


def _check(form: Any) -> None:
    if form in OPEN:
        return
    found = _FORM.fullmatch(form) if isinstance(form, str) else None
    if not found:
        raise ValueError(
            phrase("%(form)s is no date. Write 2026-03-31, 2026-03, 2026-Q1, 2026, rolling or never.", form=repr(form))
        )
    if found[3]:
        try:
            date.fromisoformat(form)
        except ValueError as error:
            raise ValueError(phrase("%(form)s is not in the calendar.", form=form)) from error

"""What no line of the log may hold: credentials, and what belongs to people.

By the name of a value, by its form, and by what the configuration resolved. An exception's own text is dropped altogether
unless it cannot hold a value: a database's error repeats the row, a converter's the cell.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from connectors.contract import Secret

GONE = "[removed]"
KEYS = re.compile(
    r"authori[sz]ation|cookie|passw|secret|token|api.?key|credential|private.?key|signature|csrf|session|e.?mail|^to$|recipient|address"
    r"|^(user|person|contact|first|last|full).?name$|phone",
    re.I,
)
"""Names of values that are one or the other, whatever they look like."""
FORMS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"[^\s@<>\"'(),;:=\[\]]{1,64}@[\w-]+(?:\.[\w-]+)+"), "[address]"),
    (re.compile(r"\b(Bearer|Basic|Digest|Token|ApiKey)\s+[\w.~+/=-]{6,}", re.I), r"\1 " + GONE),
    (re.compile(r"\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?"), GONE),  # a JSON Web Token
    (re.compile(r"\b(?:hubt_|whsec_|xox[a-z]-|gh[pousr]_|pat[A-Za-z0-9]{14}\.)[\w+/=.-]+"), GONE),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)", re.S), GONE),
    (re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^\s/@]+@", re.I), r"\1"),
    (re.compile(r"([\w/])\?[^\s\"'<>]+=[^\s\"'<>]*"), r"\1?" + GONE),  # a query: what somebody looked for, or a signed address
    (re.compile(r"\b(pass(?:word|wd)?|secret|token|api[_-]?key|client_secret|code)(\"?'?\s*[=:]\s*\"?'?)[^\s\"',;&]+", re.I), r"\1\2" + GONE),
    (re.compile(r"(/(?:welcome|unsubscribe|mail)/)[\w.~-]{16,}"), r"\1" + GONE),
    (re.compile(r"\b[0-9a-f]{64}\b"), GONE),  # what the hub's own links and cookies look like
    (re.compile(r"(?<![\w.])\+\d[\d ()/-]{7,}\d"), "[number]"),
)  # fmt: skip
SHORTEST = 4
"""Letters of a secret that is looked for; a shorter one would be found everywhere."""
_known: tuple[str, ...] = ()


def hide(config: object) -> None:
    """From now on also every ``Secret`` that stands anywhere in this configuration; what was hidden before stays so."""
    global _known
    found = {part for secret in secrets_of(config) for part in _spellings(secret.reveal()) if len(part) >= SHORTEST}
    _known = tuple(sorted(found | set(_known), key=len, reverse=True))


def known(value: str) -> str:
    """Without the secrets of the configuration; everything else stays."""
    for secret in _known:
        value = value.replace(secret, GONE)
    return value


def text(value: str) -> str:
    value = known(value)
    for form, instead in FORMS:
        value = form.sub(instead, value)
    return value


def event(logger: object, method: str, values: Any) -> Any:
    """A structlog processor: every value by its name and form, at any depth."""
    return {key: GONE if KEYS.search(key) else _value(value) for key, value in values.items()}


def _value(value: Any) -> Any:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, Mapping):
        return {text(str(key)): GONE if KEYS.search(str(key)) else _value(part) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_value(part) for part in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return text(str(value))


def secrets_of(found: object) -> Iterator[Secret]:
    """Every one that stands anywhere in a configuration."""
    if isinstance(found, Secret):
        yield found
    elif is_dataclass(found) and not isinstance(found, type):
        for one in fields(found):
            yield from secrets_of(getattr(found, one.name))
    elif isinstance(found, Mapping):
        for part in found.values():
            yield from secrets_of(part)
    elif isinstance(found, list | tuple):
        for part in found:
            yield from secrets_of(part)


def _spellings(secret: str) -> Iterator[str]:
    """Whole, line by line (a key file), and as an address or JSON would carry it."""
    from json import dumps
    from urllib.parse import quote

    yield secret
    yield quote(secret, safe="")
    yield dumps(secret)[1:-1]
    yield from (line for line in secret.splitlines() if len(line) > 20)


def failure(error: BaseException) -> dict[str, Any]:
    """What may be said of an exception: what it is, where it came from, what led to it; its text only where that is the
    operating system's or the database's own about itself."""
    said: dict[str, Any] = {"error": _name(error), "trace": _frames(error)}
    if reason := _own_words(error):
        said["reason"] = reason
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        said["after"] = _name(before)
        said["after_trace"] = _frames(before)[-4:]
    return said


def _name(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _frames(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-20:]
    return [f"{_file(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]


def _file(name: str) -> str:
    """From the package on: where the hub is installed is nobody's business."""
    for root in ("site-packages/", "hub/", "connectors/", "mappings/", "schemas/"):
        where = name.replace("\\", "/").rfind("/" + root)
        if where >= 0:
            return name[where + 1 :].removeprefix("site-packages/")
    return name.replace("\\", "/").rpartition("/")[2]


def _own_words(error: BaseException) -> str:
    from sqlalchemy.exc import OperationalError

    if isinstance(error, OperationalError):
        return text(str(error.orig).splitlines()[0])[:200] if error.orig is not None else ""
    if isinstance(error, OSError) and error.strerror:
        return str(error.strerror)
    return ""

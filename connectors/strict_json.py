"""JSON as RFC 8259 has it, and nothing that could not be stored or sent on again.

The standard library accepts NaN, answers floats, guesses UTF-16 and lets lone surrogates
through; each of those later breaks a hash, a database or another system.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

DEPTH = 200
EXPONENT = 400
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def loads(body: bytes, *, depth: int = DEPTH) -> Any:
    """Integers as ``int``, other numbers as ``Decimal``. ``ValueError`` says what is wrong and never quotes the text."""
    try:
        text = body.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 at byte {error.start}") from None
    try:
        value = json.loads(text, parse_float=_number, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise ValueError(f"nested deeper than {depth} levels") from None
    _check_depth(value, depth)
    if _SURROGATE.search(text):
        _check_text(value)
    return value


def _number(text: str) -> Decimal:
    number = Decimal(text)
    if number and abs(number.adjusted()) > EXPONENT:
        raise ValueError("a number beyond 400 digits")
    return number


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


def _check_depth(value: Any, depth: int) -> None:
    level = [value]
    for _ in range(depth + 1):
        level = [
            child
            for container in level
            if container.__class__ in (dict, list)
            for child in (container.values() if container.__class__ is dict else container)
            if child.__class__ in (dict, list)
        ]
        if not level:
            return
    raise ValueError(f"nested deeper than {depth} levels")


def _check_text(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False, default=str).encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("half a character (a lone surrogate)") from None

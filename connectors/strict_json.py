"""JSON as RFC 8259 has it, and nothing that could not be stored or sent on again.

The standard library accepts NaN, answers floats and guesses UTF-16; each of those later breaks a hash, a database
or another system. What is JSON and yet of no use, a lone surrogate (``"\\ud800"``) or a number of a thousand digits,
is one cell's fault and must not hide the other records of its page: the first stays as it is, the second becomes the
text of its digits, and whoever reads the cell refuses it.
"""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any

DEPTH = 200
DIGITS = 400


def loads(body: bytes, *, depth: int = DEPTH) -> Any:
    """Integers as ``int``, other numbers as ``Decimal``, neither beyond 400 digits. ``ValueError`` says what is wrong
    and never quotes the text."""
    try:
        text = body.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 at byte {error.start}") from None
    try:
        value = json.loads(text, parse_float=_number, parse_int=_whole, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise ValueError(f"nested deeper than {depth} levels") from None
    _check_depth(value, depth)
    return value


def _whole(text: str) -> int | str:
    return int(text) if len(text) <= DIGITS else text


def _number(text: str) -> Decimal | str:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text  # an exponent that is itself too long
    far = len(text) > 2 * DIGITS or abs(int(number.as_tuple().exponent)) > DIGITS or abs(number.adjusted()) > DIGITS
    return text if far else number


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

"""JSON as RFC 8259 has it, and nothing that could not be stored or sent on again.

The standard library accepts NaN, answers floats and guesses UTF-16; each of those later breaks a hash, a database
or another system. What is JSON and yet of no use, a lone surrogate (``"\\ud800"``) or a number of a thousand digits,
is one cell's fault and must not hide the other records of its page: the first stays as it is, the second becomes the
text of its digits, and whoever reads the cell refuses it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

DEPTH = 200
DIGITS = 400


def loads(body: bytes, *, depth: int = DEPTH, exact: bool = False) -> Any:
    """Integers as ``int``, other numbers as ``Decimal``, neither beyond 400 digits. ``ValueError`` says what is wrong
    and never quotes the text. ``exact``: what one reader may take for this and another for that is refused too, a name that an
    object has twice (RFC 8259, section 4, leaves open which one counts) and such a number, which is otherwise the text of its
    digits."""
    pairs, number, whole = (_once, _exactly(_number), _exactly(_whole)) if exact else (None, _number, _whole)
    try:
        text = body.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 at byte {error.start}") from None
    try:
        value = json.loads(text, parse_float=number, parse_int=whole, parse_constant=_refuse, object_pairs_hook=pairs)
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


def _exactly(read: Callable[[str], Any]) -> Callable[[str], Any]:
    def found(text: str) -> Any:
        value = read(text)
        if isinstance(value, str):
            raise ValueError(f"a number beyond {DIGITS} digits")
        return value

    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("an object that has a name twice")
    return found


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

"""The part of Airtable's formula language that clients filter with.

``{Field}``, text in either quotes, numbers, ``= != < <= > >= &``, ``AND OR NOT``, ``RECORD_ID()``,
``TRUE() FALSE() BLANK()``, ``LOWER UPPER TRIM LEN FIND SEARCH``. Anything else is refused as Airtable
refuses a broken formula.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from connectors.airtable.sandbox_errors import WireError

DEPTH = 50
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
    | (?P<field>\{(?:[^}\\]|\\.)*\})
    | (?P<number>-?\d+(?:\.\d+)?)
    | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<sign><=|>=|!=|=|<|>|&|\(|\)|,)
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}


@dataclass(frozen=True, slots=True)
class Row:
    """What a formula may look at: the record's id and its cells by column name."""

    id: str
    cell: Callable[[str], Any]


Expression = Callable[[Row], Any]


def parse(formula: str) -> Expression:
    """The formula as a function of a row; 422 when it does not parse."""
    tokens = _tokens(formula)
    parser = _Parser(tokens)
    expression = parser.comparison(0)
    if parser.at != len(tokens):
        raise _broken()
    return expression


def holds(value: Any) -> bool:
    """What counts as true in a filter."""
    return value not in (None, False, "", 0, [])


def _broken() -> WireError:
    message = "The formula for filtering records is invalid: Invalid formula. Please check your formula text."
    return WireError(422, "INVALID_FILTER_BY_FORMULA", message)


def _tokens(formula: str) -> list[tuple[str, str]]:
    tokens, at = [], 0
    while formula[at:].strip():
        match = _TOKEN.match(formula, at)
        if match is None or match.lastgroup is None:
            raise _broken()
        tokens.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return tokens


def _unescaped(quoted: str) -> str:
    return re.sub(r"\\(.)", lambda match: _ESCAPED.get(match[1], match[1]), quoted[1:-1], flags=re.DOTALL)


def _loose(value: Any) -> Any:
    """A blank cell equals empty text; a list cell is compared as its text."""
    if value is None:
        return ""
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def safely(a: Any, b: Any) -> bool:
        try:
            return compare(a, b)
        except TypeError:
            return False

    return safely


_SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    "=": lambda a, b: _loose(a) == _loose(b),
    "!=": lambda a, b: _loose(a) != _loose(b),
    "<": _ordered(lambda a, b: a < b),
    "<=": _ordered(lambda a, b: a <= b),
    ">": _ordered(lambda a, b: a > b),
    ">=": _ordered(lambda a, b: a >= b),
}
_TEXT_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "LOWER": lambda text: str(_loose(text)).lower(),
    "UPPER": lambda text: str(_loose(text)).upper(),
    "TRIM": lambda text: str(_loose(text)).strip(),
    "LEN": lambda text: len(str(_loose(text))),
    "FIND": lambda what, where: str(_loose(where)).find(str(_loose(what))) + 1,
    "SEARCH": lambda what, where: str(_loose(where)).lower().find(str(_loose(what)).lower()) + 1 or None,
}


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self.at = 0

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self.at] if self.at < len(self._tokens) else ("end", "")

    def _take(self, sign: str | None = None) -> tuple[str, str]:
        token = self._peek()
        if token[0] == "end" or (sign is not None and token != ("sign", sign)):
            raise _broken()
        self.at += 1
        return token

    def comparison(self, depth: int) -> Expression:
        left = self._joined(depth)
        while self._peek()[1] in _SIGNS and self._peek()[0] == "sign":
            left = _both(_SIGNS[self._take()[1]], left, self._joined(depth))
        return left

    def _joined(self, depth: int) -> Expression:
        left = self._value(depth)
        while self._peek() == ("sign", "&"):
            self._take()
            left = _both(lambda a, b: f"{_loose(a)}{_loose(b)}", left, self._value(depth))
        return left

    def _value(self, depth: int) -> Expression:
        if depth > DEPTH:
            raise _broken()
        kind, token = self._take()
        if kind == "text":
            return _constant(_unescaped(token))
        if kind == "number":
            return _constant(float(token))
        if kind == "field":
            name = _unescaped(token)
            return lambda row: row.cell(name)
        if (kind, token) == ("sign", "("):
            inside = self.comparison(depth + 1)
            self._take(")")
            return inside
        if kind == "word" and self._peek() == ("sign", "("):
            return self._function(token.upper(), depth)
        if kind == "word":
            return lambda row: row.cell(token)  # a name of one word needs no braces
        raise _broken()

    def _function(self, name: str, depth: int) -> Expression:
        self._take("(")
        arguments: list[Expression] = []
        while self._peek() != ("sign", ")"):
            if arguments:
                self._take(",")
            arguments.append(self.comparison(depth + 1))
        self._take(")")
        return _call(name, arguments)


def _constant(value: Any) -> Expression:
    return lambda row: value


def _both(sign: Callable[[Any, Any], Any], left: Expression, right: Expression) -> Expression:
    return lambda row: sign(left(row), right(row))


def _call(name: str, arguments: list[Expression]) -> Expression:
    constants = {"TRUE": True, "FALSE": False, "BLANK": None}
    if name in constants and not arguments:
        return _constant(constants[name])
    if name == "RECORD_ID" and not arguments:
        return lambda row: row.id
    if name == "AND" and arguments:
        return lambda row: all(holds(argument(row)) for argument in arguments)
    if name == "OR" and arguments:
        return lambda row: any(holds(argument(row)) for argument in arguments)
    if name == "NOT" and len(arguments) == 1:
        return lambda row: not holds(arguments[0](row))
    function = _TEXT_FUNCTIONS.get(name)
    if function is None or len(arguments) != (2 if name in ("FIND", "SEARCH") else 1):
        raise _broken()
    return lambda row: function(*(argument(row) for argument in arguments))

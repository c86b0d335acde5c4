"""The part of SOQL that the stand-in understands, read into a small tree.

``SELECT fields|COUNT() FROM object [WHERE …] [ORDER BY …] [LIMIT n] [OFFSET n]``
with ``= != < <= > >= LIKE IN NOT IN``, ``AND OR NOT`` and parentheses. Nothing
else parses: a query that works here is a plain one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from connectors.salesforce.sandbox_errors import WireError

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<text>'(?:[^'\\]|\\.)*')
    | (?P<datetime>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))
    | (?P<date>\d{4}-\d\d-\d\d)
    | (?P<number>[+-]?\d+(?:\.\d+)?)
    | (?P<word>[A-Za-z][A-Za-z0-9_.]*)
    | (?P<sign><=|>=|!=|<>|=|<|>|\(|\)|,)
    )""",
    re.VERBOSE | re.DOTALL,
)
_UNESCAPED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


@dataclass(frozen=True, slots=True)
class Literal:
    """``kind``: text, datetime, date, number or word (``true``, ``false``, ``null``)."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Compare:
    """``operator``: one of ``= != < <= > >= like in``, negated forms wrapped in ``Not``."""

    field: str
    operator: str
    values: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class Not:
    of: Any


@dataclass(frozen=True, slots=True)
class All:
    of: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Either:
    of: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Order:
    field: str
    descending: bool = False
    nulls_last: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """``fields`` is empty for ``COUNT()``."""

    fields: tuple[str, ...]
    object: str
    where: Any = None
    order: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int = 0


def parse(soql: str) -> Query:
    return _Reader(_tokens(soql), soql).query()


def _tokens(soql: str) -> list[tuple[str, str]]:
    found, place, end = [], 0, len(soql.rstrip())
    while place < end:
        match = _TOKEN.match(soql, place)
        if not match or not match.lastgroup:
            raise malformed(soql, f"unexpected token: '{soql[place : place + 20].strip()}'")
        found.append((match.lastgroup, match.group(match.lastgroup)))
        place = match.end()
    return found


def malformed(soql: str, what: str) -> WireError:
    return WireError(400, "MALFORMED_QUERY", f"\n{soql}\n^\nERROR at Row:1:Column:1\n{what}")


class _Reader:
    """Recursive descent over the tokens, one method a rule."""

    def __init__(self, tokens: list[tuple[str, str]], soql: str) -> None:
        self.tokens, self.soql, self.at = tokens, soql, 0

    def peek(self, *words: str) -> bool:
        return self.at < len(self.tokens) and self.tokens[self.at][1].upper() in words

    def take(self, *words: str) -> bool:
        """Steps over these words in a row, or over nothing."""
        ahead = [text.upper() for _, text in self.tokens[self.at : self.at + len(words)]]
        if ahead != list(words):
            return False
        self.at += len(words)
        return True

    def need(self, *words: str) -> None:
        if not self.take(*words):
            raise malformed(self.soql, f"expecting {' '.join(words)}, found '{self._here()}'")

    def next(self, *kinds: str) -> tuple[str, str]:
        if self.at >= len(self.tokens) or self.tokens[self.at][0] not in kinds:
            raise malformed(self.soql, f"unexpected token: '{self._here()}'")
        self.at += 1
        return self.tokens[self.at - 1]

    def _here(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else "<EOF>"

    def query(self) -> Query:
        self.need("SELECT")
        fields: list[str] = []
        if not self.take("COUNT", "(", ")"):
            fields.append(self.next("word")[1])
            while self.take(","):
                fields.append(self.next("word")[1])
        self.need("FROM")
        target = self.next("word")[1]
        where = self.either() if self.take("WHERE") else None
        order = self.orders() if self.take("ORDER", "BY") else ()
        limit = int(self.next("number")[1]) if self.take("LIMIT") else None
        offset = int(self.next("number")[1]) if self.take("OFFSET") else 0
        if self.at < len(self.tokens):
            raise malformed(self.soql, f"unexpected token: '{self._here()}'")
        return Query(tuple(fields), target, where, order, limit, offset)

    def either(self) -> Any:
        parts = [self.both()]
        while self.take("OR"):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def both(self) -> Any:
        parts = [self.single()]
        while self.take("AND"):
            parts.append(self.single())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def single(self) -> Any:
        if self.take("NOT"):
            return Not(self.single())
        if self.take("("):
            inner = self.either()
            self.need(")")
            return inner
        field = self.next("word")[1]
        if self.take("NOT", "IN"):
            return Not(Compare(field, "in", self.listed()))
        if self.take("IN"):
            return Compare(field, "in", self.listed())
        if self.take("LIKE"):
            return Compare(field, "like", (self.literal(),))
        operator = self.next("sign")[1]
        if operator not in ("=", "!=", "<>", "<", "<=", ">", ">="):
            raise malformed(self.soql, f"unexpected token: '{operator}'")
        compare = Compare(field, "=" if operator in ("!=", "<>") else operator, (self.literal(),))
        return Not(compare) if operator in ("!=", "<>") else compare

    def listed(self) -> tuple[Literal, ...]:
        self.need("(")
        values = [self.literal()]
        while self.take(","):
            values.append(self.literal())
        self.need(")")
        return tuple(values)

    def literal(self) -> Literal:
        kind, text = self.next("text", "datetime", "date", "number", "word")
        if kind == "text":
            return Literal(kind, re.sub(r"\\(.)", lambda m: _UNESCAPED.get(m[1], m[1]), text[1:-1], flags=re.DOTALL))
        if kind == "word" and text.lower() not in ("true", "false", "null"):
            raise malformed(self.soql, f"Bind variables only allowed in Apex code: '{text}'")
        return Literal(kind, text.lower() if kind == "word" else text)

    def orders(self) -> tuple[Order, ...]:
        orders = [self.order()]
        while self.take(","):
            orders.append(self.order())
        return tuple(orders)

    def order(self) -> Order:
        field = self.next("word")[1]
        descending = self.take("DESC")
        if not descending:
            self.take("ASC")
        last = self.take("NULLS", "LAST")
        if not last:
            self.take("NULLS", "FIRST")
        return Order(field, descending, last)

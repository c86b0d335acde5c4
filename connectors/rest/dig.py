"""Where a value stands in an answer: names with dots between, whole numbers for the items of a list, "" for all of it."""

from __future__ import annotations

from typing import Any


class _Missing:
    """There is no such place."""

    def __bool__(self) -> bool:
        return False


MISSING = _Missing()


def dig(value: Any, where: str, separator: str = ".") -> Any:
    """What stands there; ``MISSING`` where nothing does."""
    for name in where.split(separator) if where else ():
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list) and name.isascii() and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        else:
            return MISSING
    return value


def bury(value: Any, where: str, within: dict[str, Any], separator: str = ".") -> dict[str, Any]:
    """A copy of ``within`` with ``value`` at that place; at "" the two are laid over each other."""
    if not where:
        return {**within, **value}
    name, _, rest = where.partition(separator)
    inner = within.get(name)
    inner = inner if isinstance(inner, dict) else {}
    return {**within, name: bury(value, rest, inner, separator) if rest else _over(inner, value)}


def _over(inner: dict[str, Any], value: Any) -> Any:
    return {**inner, **value} if isinstance(value, dict) else value

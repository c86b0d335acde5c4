"""``[rules]`` of the configuration: for a path, the connections whose word counts, best first."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from hub.wording import closest
from schemas.fields import UnknownPath, spec


def read(
    table: Mapping[str, Any], connections: Collection[str], say: Callable[[str, str], None]
) -> dict[str, tuple[str, ...]]:
    """``say`` is told the path and what is wrong with its rule; it is left out then."""
    rules: dict[str, tuple[str, ...]] = {}
    for path, order in table.items():
        try:
            spec(path)
        except UnknownPath as error:
            say(path, str(error))
            continue
        strangers = [name for name in order if name not in connections] if isinstance(order, list) else [order]
        if strangers:
            say(path, f'There is no connection "{strangers[0]}".{closest(str(strangers[0]), connections)}')
        else:
            rules[path] = tuple(order)
    return rules

"""``[circles]`` of the configuration: groups of members that one may share with."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from hub.wording import closest


def read(
    table: Mapping[str, Any], members: Collection[str], say: Callable[[str, str], None]
) -> dict[str, frozenset[str]]:
    """Members by the name of a circle. ``say`` is told the circle and what is wrong with it; it is left out then."""
    circles: dict[str, frozenset[str]] = {}
    for name, among in table.items():
        if not re.fullmatch(r"[a-z0-9-]+", name):
            say(name, f'"{name}" is no name for a circle; use small letters, digits and hyphens.')
            continue
        strangers = [who for who in among if who not in members] if isinstance(among, list) else [among]
        if strangers:
            say(name, f'There is no member "{strangers[0]}".{closest(str(strangers[0]), members)}')
        else:
            circles[name] = frozenset(among)
    return circles

"""What a connector says of its system to whoever chooses one: the rows of ``docs/connectors.md``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Facts:
    """What a system can do, for whoever chooses one before there is a connection. Where it depends on the options or on a
    declaration, all that an instance may say, the usual first; words as in ``Capabilities``. ``verified``: by what, in words."""

    direction: Literal["both", "in"]
    feed: tuple[str, ...]
    deletes: tuple[str, ...]
    guard: tuple[str, ...]
    key: tuple[str, ...]
    batch: tuple[int, ...]
    limits: str
    verified: str

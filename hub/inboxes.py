"""What a connection that is an inbox may be: its member's own, for importing into another of its connections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from hub.wording import closest

if TYPE_CHECKING:
    from hub.config import ConnectionConfig


def unfit(inbox: ConnectionConfig, connections: Mapping[str, ConnectionConfig]) -> Iterator[str]:
    """What is wrong with it, a sentence each. What it is for belongs to the same member; it neither shares nor imports."""
    if inbox.inbox_for is None:
        return
    own = {c.name for c in connections.values() if c.member == inbox.member and c.inbox_for is None}
    if inbox.inbox_for not in own:
        hint = closest(inbox.inbox_for, own)
        yield f'{inbox.member} has no connection "{inbox.inbox_for}" to import into.{hint}'
    if inbox.shares or inbox.imports is not None:
        yield (
            "An inbox shows what saved searches find. Remove shares and import here; they belong to "
            f'"{inbox.inbox_for}".'
        )

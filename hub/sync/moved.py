"""Something changed while a person was deciding."""

from __future__ import annotations


class Moved(Exception):
    """What was decided about is no longer what is there. ``now`` is the state to look at again."""

    def __init__(self, message: str, now: object = None) -> None:
        super().__init__(message)
        self.now = now

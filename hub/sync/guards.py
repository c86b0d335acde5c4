"""When decisions are so many that a person should look first. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from hub.store.engine import dumps


@dataclass(frozen=True, slots=True)
class Limit:
    """A run may do ``floor`` or ``share`` of its links, whichever is more, before it is held."""

    floor: int
    share: float

    def trips(self, count: int, links: int) -> bool:
        return count > max(self.floor, self.share * links)


DELETES = Limit(5, 0.10)
OVERWRITES = Limit(20, 0.30)


def plan_hash(items: Iterable[dict[str, Any]]) -> str:
    """What an approval is bound to: the same decisions give the same hash, in any order."""
    digests = sorted(hashlib.sha256(dumps(item).encode()).digest() for item in items)
    return hashlib.sha256(b"".join(digests)).hexdigest()


def reason(kind: str, count: int, links: int, where: str) -> str:
    """The sentence that a person reads on the hold."""
    share = f"{count} of {links} linked records" if links else f"{count} records"
    return {
        "first_sync": f"This is the first sync of {where}. Nothing is written before someone has looked at it.",
        "overwrites_in": f"{where} changed {share} at once. They are not passed on before someone has looked.",
        "overwrites_out": f"{share} in {where} would be overwritten. Nothing is written before someone has looked.",
        "withdrawals": f"{share} in {where} would be withdrawn from the commons at once.",
    }[kind]

"""When decisions are so many that a person should look first. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
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
        "deletions": f"{share} in {where} are gone at once. Nothing follows from it before someone has looked.",
        "withdrawals": f"{share} in {where} would be withdrawn from the commons at once.",
        "closings": f"{share} in {where} are closed at once. Others see nothing of it before someone has looked.",
    }[kind]


def diagnosis(items: Collection[dict[str, Any]], pages: Mapping[str, int], absent: Collection[str]) -> str:
    """What the items of a hold have in common, in sentences for the person who decides; empty where nothing is.

    ``pages`` tells on which page of the listing each linked record was last seen; ``absent`` are the ids
    that whole scans did not show.
    """
    said = [_missing(pages, absent), _changed([item for item in items if item["values"]])]
    told = sum(item["action"] == "deleted there" for item in items)
    if told:
        said.append(f"For {told} of them the system itself says that they were deleted.")
    return " ".join(sentence for sentence in said if sentence)


def _missing(pages: Mapping[str, int], absent: Collection[str]) -> str:
    there = [page for id, page in pages.items() if id not in set(absent)]
    gone = [pages[id] for id in absent if id in pages]
    if not gone:
        return ""
    if not there:
        return (
            f"Not one of the {len(gone)} linked records was shown: probably a filter, a view or a permission changed, "
            "or it is another system."
        )
    if min(gone) > max(there):
        return f"All {len(gone)} missing records are on page {min(gone)} and later: the list was probably cut short."
    return f"{len(gone)} records were not shown by two whole scans; {len(there)} were."


def _changed(items: Collection[dict[str, Any]]) -> str:
    """One field in all of them, or all cleared, is rarely what people do by hand."""
    if len(items) < 2:
        return ""
    paths = Counter(path for item in items for path in item["values"])
    path, times = max(paths.items(), key=lambda entry: (entry[1], entry[0]))
    if times < len(items):
        return ""
    cleared = sum(item["values"][path][1] in (None, "", []) for item in items)
    if cleared == len(items):
        return f"In all {times} of them {path} would be cleared: perhaps a field was removed or emptied in bulk."
    return f"All {times} change {path}: perhaps one bulk edit, an import, or a changed mapping."

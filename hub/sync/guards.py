"""When decisions are so many that a person should look first. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.store.engine import dumps
from schemas.said import phrase, together


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
    share = (
        phrase("%(count)s of %(links)s linked records", count=count, links=links)
        if links
        else phrase("%(count)s records", count=count)
    )
    return {
        "first_sync": phrase(
            "This is the first sync of %(where)s. Nothing is written before someone has looked at it.", where=where
        ),
        "overwrites_in": phrase(
            "%(where)s changed %(share)s at once. They are not passed on before someone has looked.",
            where=where,
            share=share,
        ),
        "overwrites_out": phrase(
            "%(share)s in %(where)s would be overwritten. Nothing is written before someone has looked.",
            share=share,
            where=where,
        ),
        "deletions": phrase(
            "%(share)s in %(where)s are gone at once. Nothing follows from it before someone has looked.",
            share=share,
            where=where,
        ),
        "withdrawals": phrase(
            "%(share)s in %(where)s would be withdrawn from the commons at once.", share=share, where=where
        ),
        "closings": phrase(
            "%(share)s in %(where)s are closed at once. Others see nothing of it before someone has looked.",
            share=share,
            where=where,
        ),
    }[kind]


def diagnosis(items: Collection[dict[str, Any]], pages: Mapping[str, int], absent: Collection[str]) -> str:
    """What the items of a hold have in common, in sentences for the person who decides; empty where nothing is.

    ``pages`` tells on which page of the listing each linked record was last seen; ``absent`` are the ids
    that whole scans did not show.
    """
    said = [_missing(pages, absent), _changed([item for item in items if item["values"]])]
    told = sum(item["action"] == "deleted there" for item in items)
    if told:
        said.append(phrase("For %(told)s of them the system itself says that they were deleted.", told=told))
    return together(said)


def _missing(pages: Mapping[str, int], absent: Collection[str]) -> str:
    there = [page for id, page in pages.items() if id not in set(absent)]
    gone = [pages[id] for id in absent if id in pages]
    if not gone:
        return ""
    if not there:
        return phrase(
            "Not one of the %(number)s linked records was shown: probably a filter, a view or a "
            "permission changed, or it is another system.",
            number=len(gone),
        )
    if min(gone) > max(there):
        return phrase(
            "All %(number)s missing records are on page %(page)s and later: the list was probably cut short.",
            number=len(gone),
            page=min(gone),
        )
    return phrase(
        "%(missing)s records were not shown by two whole scans; %(shown)s were.",
        missing=len(gone),
        shown=len(there),
    )


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
        return phrase(
            "In all %(times)s of them %(path)s would be cleared: perhaps a field was removed or emptied in bulk.",
            times=times,
            path=path,
        )
    return phrase(
        "All %(times)s change %(path)s: perhaps one bulk edit, an import, or a changed mapping.", times=times, path=path
    )

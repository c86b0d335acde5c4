"""What a declaration can promise and what it cannot, in words for whoever decides whether to rely on it."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.rest import parts
from connectors.rest.declaration import Declaration
from schemas.said import phrase, together


def promises(d: Declaration) -> list[str]:
    return [*_verified(d), *_changes(d), *_lists(d), *_deletions(d), *_keys(d), *_writes(d), *_columns(d)]


def missing(d: Declaration) -> list[str]:
    """Parts that a declaration may leave out, and what that costs."""
    said: list[str] = []
    if d.get is None:
        said.append(phrase("[get] is missing: to look at one record the whole list is read."))
    if d.find is None:
        said.append(phrase("[find] is missing: to find a record by its key the whole list is read."))
    if d.create is None:
        said.append(phrase("[create] is missing: nothing can be imported; records are only read and changed."))
    if d.update is None:
        said.append(phrase("[update] is missing: changes made elsewhere do not arrive here."))
    if d.delete is None:
        said.append(
            phrase("[delete] is missing: rows of an inbox cannot be cleared away. Nothing else is ever deleted.")
        )
    if d.describe is None and not d.columns:
        said.append(
            phrase("[columns] and [describe] are missing: which columns there are is taken from a page of records.")
        )
    if d.limits is None:
        said.append(phrase("[limits] is missing: the hub calls as fast as it is answered, and waits when told to."))
    return said


def _verified(d: Declaration) -> Iterator[str]:
    yield (
        phrase("Verified: %(what)s.", what=d.verified)
        if d.verified
        else phrase("Nobody has tried this declaration against the real system.")
    )


def _changes(d: Declaration) -> Iterator[str]:
    feed = d.feed
    if isinstance(feed, parts.Tokens):
        yield phrase("Changes are followed by a token that the system gives: a sync asks only for what is new.")
    elif isinstance(feed, parts.Stamps) and feed.trusted:
        yield phrase(
            "Changes are found by %(field)s, %(overlap)s seconds of it read twice. A change that does not move it "
            "is seen once a week, when everything is read.",
            field=repr(feed.field),
            overlap=feed.overlap,
        )
    elif isinstance(feed, parts.Stamps):
        yield phrase(
            "%(field)s does not move with every change, so each sync reads the whole list and compares.",
            field=repr(feed.field),
        )
    else:
        yield phrase("This system cannot tell us what changed: each sync reads the whole list and compares.")


def _lists(d: Declaration) -> Iterator[str]:
    paging = d.list.paging
    unsteady = isinstance(paging, parts.Pages | parts.Cursors | parts.Links) and not paging.steady
    if unsteady:
        yield phrase("Records may slip from one page to another while a list is read. A list of several pages therefore never counts "
               "as complete: nothing is concluded from what it does not show, and the place in it is not kept.")  # fmt: skip
    elif isinstance(paging, parts.Size) and (paging.total or paging.total_header):
        yield phrase("A list counts as complete when it shows as many records as it says there are.")
    elif isinstance(paging, parts.Size):
        yield phrase("Lists do not say how many records there are, so a page that is missing can go unnoticed.")
    if not d.list.records:
        yield phrase("An empty list looks like any other empty answer. A proxy that answers [] would be believed.")
    if d.list.select is None:
        yield phrase(
            "Columns cannot be chosen: whole records come over the wire, and all but the mapped columns is dropped at once."
        )


def _deletions(d: Declaration) -> Iterator[str]:
    if d.proves_deletions:
        yield phrase("Deletions are told by the system, and believed when it says the same of the record itself.")
    elif d.record.deleted is not None:
        yield phrase(
            "The system marks deleted records, but cannot be asked about one ([get] or [gone]); we will ask you."
        )
    else:
        yield phrase("This system cannot tell us about deletions; we will ask you.")


def _keys(d: Declaration) -> Iterator[str]:
    if d.find is not None and d.find.lag:
        yield phrase(
            "A new record can be found after %(lag)s seconds; a create whose answer was lost waits that long.",
            lag=d.find.lag,
        )
    if d.create is not None and d.create.once:
        yield phrase("A record is created at an address made of its key, so the same one cannot be created twice.")
    elif d.create is not None:
        yield phrase(
            "A create whose answer was lost is looked up by its key, never repeated. A mapping without a key asks a person."
        )


def _writes(d: Declaration) -> Iterator[str]:
    update = d.update
    if update is None:
        return
    if update.guard != "none":
        yield phrase(
            "An edit made meanwhile is never overwritten: the system refuses a change of a record that has moved."
        )
    else:
        yield phrase("The system has no versions. The hub looks at a record right before it writes; an edit in the moment between "
               "would be overwritten.")  # fmt: skip
    if update.whole:
        lost = "" if update.guard != "none" else phrase("An edit of any other column in that moment would be lost too.")
        yield together([phrase("A change sends the whole record back as it was just read."), lost])


def _columns(d: Declaration) -> Iterator[str]:
    if d.describe is not None:
        yield phrase("The system says which columns it has: one that is renamed or removed stops the connection.")
    elif d.columns:
        yield phrase(
            "Columns are as declared. One that is renamed there would read as blank: declare [describe] if there is one."
        )

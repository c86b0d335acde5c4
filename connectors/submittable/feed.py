"""What changed: whole lists compared with what they showed last time, and everything from the same lists.

Of 5,000 submissions everything takes 10 calls for the submissions and 20 a form. A poll takes 10, then a call for each
submission that changed, and one for 100 of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from connectors.contract import Page, Refused
from connectors.submittable import entries as filled
from connectors.submittable import submissions
from connectors.submittable.api import Api
from connectors.submittable.columns import Columns
from connectors.submittable.entries import Entry, digest
from connectors.submittable.looking import Found, Looked, look
from connectors.submittable.place import Place
from connectors.submittable.reading import Reader
from connectors.submittable.state import State
from connectors.submittable.submissions import Row
from schemas.said import phrase

A_PAGE = 200
A_LOOK = 20
"""Records on a page: put together from lists, and read one by one. A page keeps the run's lease alive."""

OPEN_A_POLL = 100
"""Submissions with open answers that one poll reads at most, those that waited longest first."""


@dataclass
class Listed:
    """One list as it was read: submission id to hash, and how many calls it took."""

    hashes: dict[str, str] = field(default_factory=dict)
    pages: int = 0


@dataclass(frozen=True)
class Feed:
    """The changes of one connection. List number 0 is the submissions, the others are the completed entries of the
    forms ``watched``. ``reader`` reads the forms when it is first asked: a poll without changes needs none of them."""

    api: Api
    place: Place
    columns: Columns
    watched: tuple[str, ...]
    secret: bytes
    of: str
    reader: Callable[[], Reader]

    def everything(self) -> Iterator[Page]:
        """Every submission. Entries are listed before submissions: one that is deleted meanwhile is then not shown,
        rather than shown with nothing in it."""
        reader = self.reader()
        wanted = reader.wanted()
        parts: dict[str, list[Entry]] = {}
        lists = [Listed() for _ in range(1 + len(self.watched))]
        opened: set[str] = set()
        for form in dict.fromkeys((*self.watched, *wanted)):
            list_ = lists[1 + self.watched.index(form)] if form in self.watched else Listed()
            for entries in filled.listed(self.api, form):
                for entry in entries:
                    list_.hashes[entry.submission] = self._of_entry(entry)
                    parts.setdefault(entry.submission, []).append(entry.keeping(wanted.get(form, ())))
                list_.pages += 1
                yield Page()
            opened |= filled.known(self.api, form).keys() - list_.hashes.keys()
            yield Page()
        rows: dict[str, Row] = {}
        complete = True
        for listed, refused in self._rows(lists[0]):
            rows |= {row.id: row for row in listed}
            complete = complete and not refused
            yield Page(refused=refused)
        state = State(self.of, list(range(len(lists))), [max(1, each.pages) for each in lists])
        for ids in chunks([id for id in rows if id not in opened], A_PAGE):
            yield Page(tuple(reader.record(rows[id], parts.get(id, ())) for id in ids))
            state.seen |= {id: [each.hashes.get(id, "") for each in lists] for id in ids}
        for ids in chunks([id for id in rows if id in opened], A_LOOK):
            looked = look(self.api, reader, ids)
            for id, each in looked.found.items():
                state.seen[id] = self._hashes(each)
                state.open[id] = self._now()
            yield _page(looked)
        yield Page(cursor=state.cursor(), complete=complete)

    def since(self, state: State) -> Iterator[Page]:
        """What changed since this state was the last one."""
        fresh: dict[int, Listed] = {number: Listed() for number in state.due()}
        for number, list_ in fresh.items():
            if number == 0:
                for _, refused in self._rows(list_):
                    yield Page(refused=refused)
            else:
                for entries in filled.listed(self.api, self.watched[number - 1]):
                    ours = [each for each in entries if not each.project or self.place.has(each.project)]
                    list_.hashes |= {each.submission: self._of_entry(each) for each in ours}
                    list_.pages += 1
                    yield Page()
        for id in [id for id in state.open if self._is_listed(state, fresh, id)]:
            del state.open[id]
        changed = self._changed(state, fresh)
        if len(changed) > 50 + 3 * sum(state.pages):
            yield from self.everything()  # fewer calls than one by one
            return
        for ids in chunks(changed, A_LOOK):
            looked = look(self.api, self.reader(), ids)
            for id in ids:
                if id in looked.withheld:
                    state.seen.pop(id, None)
                else:
                    self._note(state, fresh, id, looked.found.get(id))
            yield _page(looked)
        state.read({number: max(1, each.pages) for number, each in fresh.items()})
        yield Page(cursor=state.cursor())

    def _rows(self, list_: Listed) -> Iterator[tuple[list[Row], tuple[Refused, ...]]]:
        for rows, refused in submissions.listed(self.api, self.place.projects):
            ours = [row for row in rows if self.place.has(row.project)]
            list_.hashes |= {row.id: self._of_row(row) for row in ours}
            list_.pages += 1
            yield ours, tuple(refused)

    def _is_listed(self, state: State, fresh: dict[int, Listed], id: str) -> bool:
        """Whether what was open is completed again: every form of it was listed just now."""
        filled_in = [number for number, hash in enumerate(state.seen.get(id, ())) if number > 0 and hash]
        return all(number in fresh and id in fresh[number].hashes for number in filled_in)

    def _changed(self, state: State, fresh: dict[int, Listed]) -> list[str]:
        """Ids of what a list shows otherwise than before, or not any more, and of open answers whose time has come."""
        changed: dict[str, None] = {}
        for number, list_ in fresh.items():
            for id, now in list_.hashes.items():
                if id not in state.seen or state.seen[id][number] != now:
                    changed[id] = None
            for id, hashes in state.seen.items():
                open_here = number > 0 and id in state.open
                if hashes[number] and id not in list_.hashes and not open_here:
                    changed[id] = None
        reread = self.place.reread.total_seconds() // 60
        waiting = sorted(state.open, key=lambda id: state.open[id])
        overdue = [id for id in waiting if not 0 <= self._now() - state.open[id] < reread]
        return list(changed | dict.fromkeys(overdue[:OPEN_A_POLL]))

    def _note(self, state: State, fresh: dict[int, Listed], id: str, found: Found | None) -> None:
        """What counts as known of a submission from now on. Where a list was read, what it showed: what happened after
        that will then be seen with the next reading."""
        count = 1 + len(self.watched)
        shown = {number: list_.hashes[id] for number, list_ in fresh.items() if id in list_.hashes}
        before = state.seen.pop(id, None)
        was_open = state.open.pop(id, None) is not None
        if found is None:
            if shown:  # of another project: it need not be asked for again while it stays as it is
                state.seen[id] = [shown.get(number, "") for number in range(count)]
            return
        now = self._hashes(found)
        open_here = [n for n in fresh if n > 0 and now[n] and n not in shown]
        if open_here or (was_open and not any(n > 0 for n in shown)):
            state.open[id] = self._now()
        for number in range(count):
            if number in fresh and number not in open_here:
                now[number] = shown.get(number, "")
            elif number not in fresh and before is not None:
                now[number] = before[number]
        state.seen[id] = now

    def _hashes(self, found: Found) -> list[str]:
        entries = [filled.of_form(found.entries, form) for form in self.watched]
        return [self._of_row(found.row), *(self._of_entry(each) if each else "" for each in entries)]

    def _of_row(self, row: Row) -> str:
        return digest(self.secret, [row.project, [row.parts[name] for name in self.columns.row]])

    def _of_entry(self, entry: Entry) -> str:
        return digest(self.secret, [entry.id, entry.version, sorted(entry.cells.items())])

    def _now(self) -> int:
        return int(self.api.transport.time.now().timestamp() // 60)


def chunks(ids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def _page(looked: Looked) -> Page:
    reason = phrase("Submittable shows this submission and not its answers.")
    refused = tuple(Refused(id, phrase("submission %(id)s", id=id), reason) for id in looked.withheld)
    return Page(tuple(each.record for each in looked.found.values()), refused=refused)

"""One stand-in for many cells of the matrix: the proxy before it, and what is known to be in it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from connectors.contract import Connector, Record
from hub.conformance.misbehaviour import GROWN, MARK
from hub.conformance.proxy import Proxy
from hub.conformance.subject import Subject, read
from schemas.keepable import unkeepable

RECORDS = 4
FOREIGN = "é"
"""In every text, for encodings to get wrong."""


@dataclass(frozen=True, slots=True)
class Usual:
    """Requests of an operation when nothing is wrong: of a connector that signs in first, and of one that has."""

    cold: int
    warm: int


class Stage:
    """``known`` are the records that are there, id to text, and ``keyed`` id to key; ``removed`` the ids of those
    that were. ``clean`` is a connector with no proxy in its way. Started by the first cell."""

    clean: Connector

    def __init__(self, make: type[Subject]) -> None:
        self.subject = make()
        self.known: dict[str, str] = {}
        self.keyed: dict[str, str] = {}
        self.removed: set[str] = set()
        self.edited: list[str] = []
        self.usual: dict[str, Usual] = {}
        self._numbers = itertools.count(1)
        self._held = ExitStack()

    @cached_property
    def proxy(self) -> Proxy:
        """In front of the system, which it starts if need be."""
        self.start()
        return self._held.enter_context(Proxy(self.subject.url))

    def start(self) -> None:
        """The system, with a handful of records in it; nothing where it runs already."""
        if self.known:
            return
        self._held.enter_context(self.subject)
        for number in range(RECORDS):
            text, key = self.new_text(), self.subject.key(f"seed-{number}")
            id = self.subject.plant(self.subject.cells(text, key))
            self.known[id], self.keyed[id] = text, key
        self.edited = list(self.known)[1:3]
        self.clean = self.subject.open()

    def end(self) -> None:
        """After all cells the system holds what it held before, and nothing more; then stop it."""
        try:
            if self.known:
                found = read(self.clean)[0]
                strangers = sorted(found.keys() - self.known.keys())
                assert found.keys() == self.known.keys(), (
                    f"in the end there are records that nobody planted: {strangers}"
                )
                wrong = [id for id, record in found.items() if not self.is_text(record, self.known[id])]
                assert not wrong, f"in the end, records that nobody changed say something else: {wrong}"
        finally:
            self.stop()

    def stop(self) -> None:
        self._held.close()

    def new_text(self) -> str:
        return f"{FOREIGN} {MARK}{next(self._numbers)}"

    def new_key(self) -> str:
        return self.subject.key(f"cell-{next(self._numbers)}")

    def is_text(self, record: Record, text: str) -> bool:
        """Also where the fault made the text grow on its way. A cell that nothing can keep is believed by nobody: the hub
        sets it aside, and its record goes on."""
        cell = record.fields.get(self.subject.text)
        return bool(unkeepable(cell)) or _shrunk(cell) == text

    def holding(self, connector: Connector, key: str, text: str) -> list[Record]:
        """Every record there is with this key or, where records hold no key, with this text."""
        if connector.capabilities.key != "none":
            # A fresh record may stay hidden from a search for so long.
            self.subject.time.sleep(connector.capabilities.find_lag)
            return connector.find(key)
        return [record for record in read(connector)[0].values() if self.is_text(record, text)]

    def now(self, connector: Connector, ids: Sequence[str]) -> dict[str, Record]:
        """These records as they stand, all of them there."""
        found = connector.get(ids)
        for id in ids:
            assert isinstance(found.get(id), Record), (
                f"after the fault, get() says of a record that is there: {found.get(id)}"
            )
        return {id: record for id, record in found.items() if isinstance(record, Record)}

    def tidy(self, records: Sequence[Record]) -> None:
        for record in records:
            self.subject.erase(record.id)
            self.removed.add(record.id)


def _shrunk(value: Any) -> Any:
    return value.replace(GROWN, "") if isinstance(value, str) and len(value) > len(GROWN) else value

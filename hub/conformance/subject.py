"""A connector and its stand-in system, as whoever wrote them describes them to the kit."""

from __future__ import annotations

import socket
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, ClassVar, Self

from connectors import registry
from connectors.clock import ManualTime, Time
from connectors.contract import Connector, Draft, Raw, Record, Secret, Settings, System, Wanted
from connectors.transport import Transport

TIMEOUT = 5.0
"""Seconds for one read of a socket: a stand-in is on this machine."""


class DoesNotApply(Exception):
    """The connector, or its stand-in, cannot do what a check is about; the message says why."""


class Subject(ABC):
    """One connector and its stand-in system: entered, it runs and holds no record.

    ``wanted`` names the object, a column that takes any text (``text``) and the key column; ``unwanted``
    is a column that exists there and is not asked for. ``fields`` is what a record needs beside them to be
    valid, ``spoil`` a cell that makes the system refuse a draft. ``unique_keys``: the system itself refuses
    a second record with one key; ``integer_keys``: its key column takes whole numbers only. ``wire`` is false for a system that is not reached over HTTP.

    The stand-in should show the kit's handful of records in several pages, and take its time from ``time``.
    """

    system: ClassVar[str | System]
    """The name of the connector's entry point, or what that names."""
    wanted: ClassVar[Wanted]
    text: ClassVar[str]
    unwanted: ClassVar[str]
    fields: ClassVar[Mapping[str, Any]] = {}
    spoil: ClassVar[Mapping[str, Any] | None] = None
    unique_keys: ClassVar[bool] = False
    integer_keys: ClassVar[bool] = False
    wire: ClassVar[bool] = True

    def __init__(self) -> None:
        self.time = ManualTime()
        self.url = ""
        self._held = ExitStack()

    def __enter__(self) -> Self:
        self.url = self._held.enter_context(self.running())
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    @classmethod
    def title(cls) -> str:
        """What the kit's report calls it."""
        return cls.system if isinstance(cls.system, str) else cls.system.name

    # --- what every subject says

    @abstractmethod
    def running(self) -> AbstractContextManager[str]:
        """The stand-in, empty, while the context lasts; its address without a path, "" for files."""

    @abstractmethod
    def options(self, url: str) -> Raw:
        """The options of a connection that calls ``url``; credentials as ``Secret``. Asked at every opening."""

    @abstractmethod
    def plant(self, cells: Raw) -> str:
        """Put a record into the system behind the connector's back; its id."""

    @abstractmethod
    def alter(self, id: str, cells: Raw) -> None:
        """Change these cells of a record, as a colleague at the foundation would."""

    @abstractmethod
    def remove(self, id: str) -> None:
        """Delete a record, as a colleague would."""

    # --- what a subject may say; each raises ``DoesNotApply`` where there is no such thing

    def erase(self, id: str) -> None:
        """Take a record away as if it had never been, out of any recycle bin too."""
        self.remove(id)

    def lock_out(self) -> None:
        """From now on the system refuses the sign-in of new connections."""
        raise DoesNotApply("nobody signs in")

    def cut_off(self) -> None:
        """From now on the system cannot be reached."""
        self.url = f"http://127.0.0.1:{_closed_port()}"

    def plant_as(self, id: str, cells: Raw) -> None:
        """Put a record in under this very id."""
        raise DoesNotApply("its stand-in cannot be told the id of a new record")

    def twin(self, id: str) -> str:
        """An id that differs from this one in the case of its letters only."""
        raise DoesNotApply("its ids have no letters, or their case does not count")

    def lag(self, reads: int) -> None:
        """The next so many reads show everything as it is at this moment, whatever is written meanwhile."""
        raise DoesNotApply("its stand-in always shows what was last written")

    # --- what the kit does with it

    def open(self, url: str | None = None, *, time: Time | None = None, **transport: Any) -> Connector:
        """A fresh connector, good while the subject is; ``url`` leads elsewhere than straight to the stand-in."""
        return self._held.enter_context(self.opened(url, time=time, **transport))

    @contextmanager
    def opened(self, url: str | None = None, *, time: Time | None = None, **transport: Any) -> Iterator[Connector]:
        """As ``open``, with its sockets closed in the end."""
        system = registry.load(self.system) if isinstance(self.system, str) else self.system
        settings = Settings("mine", self.options(url or self.url))
        how: dict[str, Any] = {"allow_http": True, "timeout": TIMEOUT, "jitter": lambda: 0.5} | transport
        way = Transport(hosts=system.hosts(settings), time=time or self.time, **how)
        connector = system.open(settings, self.wanted, way)
        try:
            yield connector
        finally:
            connector.close()
            way.close()

    def secrets(self) -> list[str]:
        """The credentials among its options, which no message may show."""
        return [value.reveal() for value in self.options(self.url).values() if isinstance(value, Secret)]

    def key(self, name: str) -> str:
        """The key that this name stands for, as text, as the hub searches for it."""
        return str(zlib.crc32(name.encode())) if self.integer_keys else name

    def cells(self, text: str, key: str | None = None) -> Raw:
        """The cells of a valid record, under a key that ``key`` gave."""
        own: Raw = {}
        if self.wanted.key and key:
            own = {self.wanted.key: int(key) if self.integer_keys else key}
        return {**self.fields, **own, self.text: text}

    def draft(self, key: str, text: str) -> Draft:
        return Draft(key, self.cells(text, key))


def read(connector: Connector, since: str | None = None) -> tuple[dict[str, Record], str | None, bool]:
    """All records of a scan by id, the last cursor, and whether the last page said it was complete."""
    records: dict[str, Record] = {}
    cursor, complete = since, False
    for page in connector.changes(since):
        records |= {record.id: record for record in page.records}
        cursor, complete = page.cursor or cursor, page.complete
    return records, cursor, complete


def _closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        return int(gone.getsockname()[1])

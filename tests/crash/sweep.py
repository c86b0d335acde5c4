"""The sweep as processes: one rehearses the script, then some play cases side by side.

The process that prints has no thread and no socket, so every other one can be forked from it; each has a
folder, a database, two stand-in systems and a worker of its own.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection as Channel
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

import hub
from tests.crash.cases import Case, Reference, rehearse, run, settle_in
from tests.crash.stores import PostgresStore, SqliteStore
from tests.crash.town import Town
from tests.crash.worker import Workers


@dataclass(frozen=True, slots=True)
class Result:
    """What one case found; ``wrong`` is empty where all held. ``seconds`` of the wall clock."""

    case: Case
    wrong: list[str]
    seconds: float


def points_in_source() -> set[str]:
    """The name of every crash point that a sync has; digests and doors are killed in tests of their own."""
    files = (Path(hub.__file__).parent / "sync").rglob("*.py")
    return {name for file in files for name in re.findall(r"crash\.point\(\"([^\"]+)\"\)", file.read_text())}


class Sweep:
    """``postgres``: the address of a database of this version, empty; every town works on a copy of it."""

    def __init__(self, postgres: str = "") -> None:
        self._postgres = postgres
        # In memory where that is a folder: a kill leaves all that was written with the kernel, synced or not.
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self._folder = Path(tempfile.mkdtemp(prefix="commons-hub-crash-", dir=memory))

    def __enter__(self) -> Sweep:
        return self

    def __exit__(self, *error: object) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def rehearse(self, last: str) -> dict[str, Reference]:
        """The script without accidents up to its phase ``last``, played in a process of its own."""
        channel = self._process("scout", lambda town, send: send(rehearse(town, last)))
        try:
            found: dict[str, Reference] | str = channel.recv()
        except EOFError:
            found = "the process ended"
        if isinstance(found, str):
            raise RuntimeError(f"The script does not play without accidents: {found}")
        return found

    def play(self, references: dict[str, Reference], chosen: Sequence[Case], jobs: int) -> Iterator[Result]:
        """Results in the order of ``chosen``."""

        def part(number: int) -> Callable[[Town, Callable[[Any], None]], None]:
            def play(town: Town, send: Callable[[Any], None]) -> None:
                settle_in(town)
                for case in chosen[number::jobs]:
                    started = time.monotonic()
                    wrong = run(town, references[case.phase], case)
                    send(Result(case, wrong, time.monotonic() - started))

            return play

        channels = {self._process(f"job{number}", part(number)): number for number in range(jobs)}
        yield from in_order(channels, chosen, jobs)

    def _process(self, name: str, work: Callable[[Town, Callable[[Any], None]], None]) -> Channel:
        ours, theirs = Pipe(duplex=False)
        sys.stdout.flush()
        if os.fork() == 0:
            ours.close()
            code = 0
            try:
                self._in_town(name, work, theirs)
            except BaseException:
                theirs.send(traceback.format_exc())
                code = 1
            finally:
                os._exit(code)
        theirs.close()
        return ours

    def _in_town(self, name: str, work: Callable[[Town, Callable[[Any], None]], None], channel: Channel) -> None:
        folder = self._folder / name
        folder.mkdir()
        workers = Workers(folder)
        store = PostgresStore(self._postgres, name) if self._postgres else SqliteStore(folder)
        with Town(folder, workers, store) as town:
            work(town, channel.send)
        workers.close()


def in_order(channels: dict[Channel, int], chosen: Sequence[Case], jobs: int) -> Iterator[Result]:
    """Results come from several processes and go out in the order of the cases."""
    ready: dict[Case, Result] = {}
    for at, case in enumerate(chosen):
        while case not in ready:
            if at % jobs not in channels.values():
                raise RuntimeError(f"A process of the sweep ended before {case.name}.")
            for channel in wait(list(channels)):
                try:
                    found = channel.recv()  # type: ignore[union-attr]
                except EOFError:
                    del channels[channel]  # type: ignore[arg-type]
                    continue
                if isinstance(found, str):
                    raise RuntimeError(f"A process of the sweep broke: {found}")
                ready[found.case] = found
        yield ready.pop(case)

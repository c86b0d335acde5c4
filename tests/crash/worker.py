"""A hub worker that may be killed: every attempt is a process of its own, forked from one that has imported everything.

``Workers`` is that one process. It has no thread, no engine and no socket, so a fork of it is as good as a
fresh start of the hub, without the two seconds that importing costs. The attempt writes the name of every
crash point that it passes to a file before it may die there, and its answer to another one when it lives.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing import Pipe
from multiprocessing.connection import Connection as Channel
from pathlib import Path
from typing import Any

from connectors.clock import ManualTime
from hub import crash
from hub.app import Hub, open_hub
from hub.config_files import load
from hub.ids import Ids

Step = Callable[[Hub], Any]
FINISHED = "="


@dataclass(frozen=True, slots=True)
class Order:
    """What an attempt does, at what time. ``kill``: ``point:count``, or nothing. ``seed`` decides its ids."""

    steps: tuple[Step, ...]
    config: Path
    now: datetime
    seed: int
    kill: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """How it went: killed, or the ``answers`` of its steps. ``passed`` counts the crash points it reached,
    ``finished`` the steps that it had behind it."""

    killed: bool
    passed: Counter[str]
    finished: int
    answers: list[Any] = field(default_factory=list)
    said: str = ""


class Workers:
    """Start before any thread; ``run`` sends one attempt after the other."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._channel, theirs = Pipe()
        self._pid = os.fork()
        if self._pid == 0:
            self._channel.close()
            _serve(theirs, folder)
        theirs.close()

    def run(self, order: Order) -> Attempt:
        for name in ("passed", "answers", "said"):
            (self._folder / name).write_bytes(b"")
        self._channel.send(order)
        status: int = self._channel.recv()
        passed = Counter((self._folder / "passed").read_text().split())
        finished = passed.pop(FINISHED, 0)
        said = (self._folder / "said").read_text()
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL and order.kill:
            return Attempt(True, passed, finished, said=said)
        if status:
            raise RuntimeError(f"The worker ended with {status} where nobody killed it.\n{said}")
        answers = pickle.loads((self._folder / "answers").read_bytes())
        return Attempt(False, passed, finished, answers, said)

    def finished(self) -> int:
        """How many steps the present attempt has behind it."""
        return (self._folder / "passed").read_text().split().count(FINISHED)

    def close(self) -> None:
        self._channel.close()
        os.waitpid(self._pid, 0)


def _serve(channel: Channel, folder: Path) -> None:
    """Fork for every order, until the other end hangs up. Never returns."""
    import tests.imported  # noqa: F401

    while True:
        try:
            order: Order = channel.recv()
        except EOFError:
            os._exit(0)
        pid = os.fork()
        if pid == 0:
            channel.close()
            os._exit(_attempt(order, folder))
        channel.send(os.waitpid(pid, 0)[1])


def _attempt(order: Order, folder: Path) -> int:
    said = os.open(folder / "said", os.O_WRONLY | os.O_APPEND)
    os.dup2(said, sys.stderr.fileno())
    try:
        crash.point = _noting(order.kill, folder / "passed")
        time = ManualTime(order.now)
        hub = open_hub(load(order.config), time=time, ids=Ids.seeded(time.now, order.seed))
        answers = []
        for step in order.steps:
            answers.append(step(hub))
            crash.point(FINISHED)
        hub.engine.dispose()
        (folder / "answers").write_bytes(pickle.dumps(answers))
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        return 1
    return 0


def _noting(kill: str, path: Path) -> Callable[[str], None]:
    """A crash point that leaves its name before it kills."""
    passed = os.open(path, os.O_WRONLY | os.O_APPEND)
    armed = crash.armed(kill) if kill else lambda name: None

    def point(name: str) -> None:
        os.write(passed, f"{name}\n".encode())
        armed(name)

    return point

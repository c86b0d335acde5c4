"""The hub's commands as processes of their own that need not import the hub first.

Importing costs a process two seconds of a processor, and the tests start some hundreds. Here each is forked from one process that
has imported everything and has no thread, no database and no socket (the forkserver of ``multiprocessing``), so it is as good as a
fresh start. What a fresh start is itself the subject of starts ``python -m hub`` (``tests/operating``, ``tests/browser/test_demo.py``).
"""

from __future__ import annotations

import os
import subprocess
import sys
from multiprocessing import get_context
from multiprocessing.reduction import DupFd
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

FORKED = get_context("forkserver")
FORKED.set_forkserver_preload(["tests.imported"])


class Command:
    """``hub WORDS``, started. ``out`` and ``err`` are files that stay the caller's."""

    def __init__(self, words: tuple[str, ...], folder: Path, env: dict[str, str], out: IO[Any], err: IO[Any]) -> None:
        given = words, str(folder), {**os.environ, **env}, DupFd(out.fileno()), DupFd(err.fileno())
        self._process = FORKED.Process(target=_command, args=given)
        self._process.start()

    def send_signal(self, number: int) -> None:
        assert self._process.pid is not None
        os.kill(self._process.pid, number)

    def wait(self, seconds: float) -> int:
        """How it ended, as ``subprocess`` says it. ``subprocess.TimeoutExpired``: it went on and was killed."""
        self._process.join(seconds)
        code = self._process.exitcode
        if code is None:
            self._process.kill()
            self._process.join()
            raise subprocess.TimeoutExpired("hub", seconds)
        return code


def run(words: tuple[str, ...], folder: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """``hub WORDS`` to its end, and what it said."""
    with TemporaryFile() as out, TemporaryFile() as err:
        code = Command(words, folder, env, out, err).wait(120)
        said = []
        for file in (out, err):
            file.seek(0)
            said.append(file.read().decode())
        return subprocess.CompletedProcess(words, code, *said)


def _command(words: tuple[str, ...], folder: str, env: dict[str, str], out: Any, err: Any) -> None:
    from hub import crash
    from hub.cli import main

    for given, standard in ((out, sys.stdout), (err, sys.stderr)):
        fd = given.detach()
        os.dup2(fd, standard.fileno())
        os.close(fd)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(folder)
    if "HUB_CRASH_AT" in env:
        crash.point = crash.armed(env["HUB_CRASH_AT"])
    sys.argv = ["hub", *words]
    main()

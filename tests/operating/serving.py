"""``hub serve`` as a process of its own, with faults planted in it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROGRAM = "import sys\n{faults}\nfrom hub.cli import main\nsys.argv = ['hub', *sys.argv[1:]]\nmain()\n"


class Served:
    """``lines``: what it logged so far, each a JSON object."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self.process, self.log = process, log
        self.url = ""

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def events(self) -> list[str]:
        return [line["event"] for line in self.lines()]

    def ask(self, path: str, url: str = "", **headers: str) -> tuple[int, str]:
        request = urllib.request.Request((url or self.url) + path, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def until(self, true: Callable[[], object], what: str) -> None:
        """Wait for what comes by itself; a machine may be slow."""
        for _ in range(600):
            if true():
                return
            time.sleep(0.1)
        raise AssertionError(f"{what}\n{self.log.read_text()[-3000:]}")

    def end(self, number: int = signal.SIGTERM) -> float:
        """Told to stop; the seconds that it took."""
        begun = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(60)
        return time.monotonic() - begun


@contextmanager
def serving(config: Path, faults: str = "", **env: str) -> Iterator[Served]:
    log = config.parent / "serve.log"
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM.format(faults=faults), "serve", "--port", "0", "--config", str(config)],
            stdout=subprocess.PIPE, stderr=file, text=True, cwd=config.parent, env=os.environ | env,
        )  # fmt: skip
        served = Served(process, log)
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            assert "http://" in line, log.read_text()
            served.url = next(word for word in line.split() if word.startswith("http://"))
            yield served
        finally:
            if process.poll() is None:
                process.kill()
                process.wait(30)
            process.stdout.close()

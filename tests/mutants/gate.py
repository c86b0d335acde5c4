"""One mutant at a time: a copy of the sources with one mistake in it, and the proofs that are run on the copy."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.mutants.named import Mutant

ROOT = Path(__file__).parents[2]
ROOMS = ("hub", "connectors", "mappings", "schemas", "tests", "pyproject.toml")
PROOFS = (
    ("oracle", "tests.oracle", ()),
    ("simulation", "tests.simulation", ("--count", "400", "--jobs", "1", "--first")),
    ("kill sweep", "tests.crash", ("--cases", "108", "--jobs", "1", "--first")),
)
"""The cheapest first; each is bounded in itself, and ends with an exit code other than 0 when it found something."""
PATIENCE = 600
"""Seconds after which a proof has noticed as well: with this mistake it never comes to an end."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """``by``: the proof that noticed, empty where none did; ``said``: its words."""

    mutant: Mutant
    by: str
    said: str


@contextmanager
def copied(mutant: Mutant | None = None) -> Iterator[Path]:
    """The sources in a folder of their own, with the mistake in them. ValueError where it has no place any more."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for room in ROOMS:
            if (ROOT / room).is_dir():
                shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / room, folder / room)
        if mutant is not None:
            file = folder / mutant.file
            file.write_text(mutated(file.read_text(encoding="utf-8"), mutant), encoding="utf-8")
        yield folder


def mutated(text: str, mutant: Mutant) -> str:
    if text.count(mutant.old) != 1:
        raise ValueError(f"“{mutant.name}” has {text.count(mutant.old)} places in {mutant.file}; it needs exactly one.")
    return text.replace(mutant.old, mutant.new)


def tried(folder: Path, proofs: tuple[tuple[str, str, tuple[str, ...]], ...] = PROOFS) -> Iterator[tuple[str, str]]:
    """Run the proofs on a copy until one notices: its name, and what it said; empty where it found nothing."""
    environment = os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    for name, module, words in proofs:
        command = [sys.executable, "-m", module, *words]
        try:
            done = subprocess.run(
                command, cwd=folder, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
            )
        except subprocess.TimeoutExpired:
            yield name, "it never came to an end"
            return
        said = _last_words(done.stdout, done.stderr) if done.returncode else ""
        yield name, said
        if said:
            return


def _last_words(*texts: str) -> str:
    lines = [line.strip() for text in texts for line in text.splitlines() if line.strip()]
    told = [line for line in lines if "I" in line and "Error" not in line and any(c.isdigit() for c in line)]
    return (told or lines or ["it failed without a word"])[-1]

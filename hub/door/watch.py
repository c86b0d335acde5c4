"""A folder in which sheets appear: each is read once it is whole, and its report stands beside it.

``folder/NAME`` is moved to ``folder/working/`` while it is read, then to ``done/`` or ``refused/`` with ``NAME.report.csv``.
A file that a dead process left in ``working/`` is read again; what was applied of it is unchanged then.
"""

from __future__ import annotations

import csv
import errno
import io
import logging
import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.contract import ConnectorError
from connectors.spreadsheet.formula import marked
from connectors.spreadsheet.grid import LARGEST
from hub import crash
from hub.door import bring
from hub.door.report import Report
from hub.store import connections, waiting
from hub.sync.run import OneRun

if TYPE_CHECKING:
    from hub.app import Hub

log = logging.getLogger("hub.door")
SETTLED = timedelta(seconds=10)
"""A file that nobody wrote to for this long is taken to be whole."""
ENDINGS = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls")
WORKING, DONE, REFUSED = "working", "done", "refused"


class Folders:
    """The folders of one process. A file is taken when two looks, ``SETTLED`` apart, saw it alike."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self._seen: dict[Path, tuple[tuple[int, int], Any]] = {}

    def look(self) -> None:
        """One look at every door's folder."""
        for name, config in self.hub.config.connections.items():
            if config.door:
                self._go_on(name)
                self._folder(name, Path(str(config.options["path"])))

    def _go_on(self, name: str) -> None:
        """A run that a person approved is to be ended."""
        with self.hub.reading() as conn:
            row = connections.get(conn, name)
            approved = not row.approved and waiting.waiting_hold(conn, name, ["approved"]) is not None
        if approved:
            run = OneRun(self.hub, name, "folder", connector=self.hub.connect(name))
            run.take_in()
            run.give_out()

    def _folder(self, name: str, folder: Path) -> None:
        try:
            led_out = [name for name in (WORKING, DONE, REFUSED) if (folder / name).is_symlink()]
            if led_out:
                log.warning("%s: in the folder %s, %s leads elsewhere; nothing is read.", name, folder, led_out[0])
                return
            left = sorted(p for p in (folder / WORKING).glob("*") if _is_plain(p)) if folder.is_dir() else []
            new = sorted(p for p in folder.iterdir() if self._is_whole(p)) if folder.is_dir() else []
        except OSError as error:
            log.warning("%s: the folder %s cannot be read: %s", name, folder, error.strerror)
            return
        for path in [*left, *new]:
            if not self._free(name):
                return
            try:
                self._take(name, folder, path)
            except bring.NotNow as not_now:
                log.info("%s: a sheet (%s) waits: %s", name, path.suffix, not_now)
                return
            except OSError as error:
                log.warning("%s: a sheet (%s) stays where it is: %s", name, path.suffix, error.strerror)

    def _free(self, name: str) -> bool:
        with self.hub.reading() as conn:
            return connections.get(conn, name).state == "active" and waiting.waiting_hold(conn, name) is None

    def _is_whole(self, path: Path) -> bool:
        if path.suffix.lower() not in ENDINGS or path.name[:1] in ".~" or not _is_plain(path):
            return False
        if (path.parent / f"~${path.name}").exists():
            return False  # Excel has it open
        now, state = self.hub.time.now(), _state(path)
        before = self._seen.get(path)
        if before is None or before[0] != state:
            self._seen[path] = (state, now)
            return False
        return bool(now - before[1] >= SETTLED)

    def _take(self, name: str, folder: Path, path: Path) -> None:
        working = folder / WORKING / path.name
        if path != working:
            working.parent.mkdir(exist_ok=True)
            if working.exists():
                return  # of the same name, and first
            os.rename(path, working)
            self._seen.pop(path, None)
        crash.point("door.taken")
        before = _state(working)
        content = _content(working)
        if content is None:
            return
        if _state(working) != before:
            if not path.exists():
                os.rename(working, path)  # it is being written to after all
            return
        word, report = DONE, ""
        try:
            if before[0] > LARGEST:
                raise _too_large(path.name)
            _, made = bring.apply_unseen(self.hub, name, path.name, content)
            word = REFUSED if made.failed else DONE
            report = as_csv(made)
        except ConnectorError as error:
            word, report = REFUSED, _line(["", "refused", "", str(error)])
        except (bring.NotNow, OSError):
            raise
        except Exception as error:  # or it would stand in the way of every later file
            log.exception("%s: a sheet (%s) could not be read", name, path.suffix)
            why = f"Something in the hub went wrong ({type(error).__name__}). Tell its operator, and put the file in again."
            word, report = REFUSED, _line(["", "refused", "", why])
        crash.point("door.applied")
        _put_away(working, folder / word, report)


def _too_large(name: str) -> ConnectorError:
    return ConnectorError(f"{name} is larger than {LARGEST // 2**20} MB. Split it.")


def _is_plain(path: Path) -> bool:
    """A file of this folder. Whoever may put files into it may also put a link there to what only the hub may read."""
    return path.is_file() and not path.is_symlink()


def _content(path: Path) -> bytes | None:
    """None for what is, meanwhile, a link. Of a file that is too large, enough to see that it is."""
    try:
        opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EMLINK):
            return None
        raise
    with open(opened, "rb") as file:
        return file.read(LARGEST + 1)


def _state(path: Path) -> tuple[int, int]:
    found = path.lstat()
    return found.st_size, found.st_mtime_ns


def _put_away(path: Path, folder: Path, report: str) -> None:
    """The report first, so that no file lies there without one; nothing of an earlier name is written over."""
    folder.mkdir(exist_ok=True)
    number, name = 1, path.name
    while (folder / name).exists() or (folder / f"{name}.report.csv").exists():
        number += 1
        name = f"{path.stem} ({number}){path.suffix}"
    with (folder / f"{name}.report.csv").open("xb") as file:
        file.write((_line(["Row", "Outcome", "Title", "What to know"]) + report).encode("utf-8-sig"))
        file.flush()
        os.fsync(file.fileno())
    os.rename(path, folder / name)


def as_csv(report: Report) -> str:
    """A line for what holds for all of it, then one for each row, then what is no record."""
    said = [text for text in (report.failed, report.held) if text] + report.notes
    if report.absent:
        said.append("Not in the sheet, so left as it is: " + ", ".join(report.absent) + ".")
    counts = ", ".join(f"{number} {word.replace('_', ' ')}" for word, number in report.counts.items() if number)
    lines = [
        _line(
            ["", "refused" if report.failed else "held" if report.held else "done", "", f"{counts}. " + " ".join(said)]
        )
    ]
    for row in report.rows:
        why = list(row.reasons)
        if row.lacks:
            why.append("A draft until it has: " + ", ".join(row.lacks) + ".")
        lines.append(_line([str(row.row), row.outcome.replace("_", " "), row.title, " ".join(why)]))
    lines += [_line([str(p["row"]), "no record", p["text"], f"It {p['why']}."]) for p in report.passed]
    return "".join(lines)


def _line(cells: list[str]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out).writerow([marked(cell) for cell in cells])
    return out.getvalue()

"""What comes of an operation while something is wrong with the file: nothing is written twice, lost or called gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from connectors.contract import Raw, Record, Unavailable, Unseen
from hub.conformance.matrix import attempted
from hub.conformance.operations import OPERATIONS, Operation
from hub.conformance.stage import Stage
from tests.conformance.subjects import Csv, Xlsx

Day = Callable[[Path], AbstractContextManager[None]]


class WholeCsv(Csv):
    """Declared to hold everything, so that an absence counts."""

    def options(self, url: str) -> Raw:
        return super().options(url) | {"complete": True}


class WholeXlsx(Xlsx):
    def options(self, url: str) -> Raw:
        return super().options(url) | {"complete": True}


def holding(spoil: Callable[[bytes], bytes]) -> Day:
    """The file holds something else; whatever was written into that is lost when it is put right."""

    @contextmanager
    def day(path: Path) -> Iterator[None]:
        whole = path.read_bytes()
        path.write_bytes(spoil(whole))
        yield
        path.write_bytes(whole)

    return day


@contextmanager
def moved_away(path: Path) -> Iterator[None]:
    away = path.rename(path.with_suffix(".away"))
    yield
    away.rename(path)


@contextmanager
def a_folder_in_its_place(path: Path) -> Iterator[None]:
    with moved_away(path):
        path.mkdir()
        yield
        path.rmdir()


@contextmanager
def unreadable(path: Path) -> Iterator[None]:
    def locked(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "open", locked)
        patch.setattr(Path, "read_bytes", locked)
        yield


def inside_a_row(whole: bytes) -> bytes:
    """As far as a program had got that writes in place, and was looked at in between."""
    row = whole.rindex(b"\r\n", 0, -2) + 2
    return whole[: whole.index(b",", row) + 6]


ANY: dict[str, Day] = {
    "it is not there": moved_away,
    "a folder has its name": a_folder_in_its_place,
    "it cannot be opened": unreadable,
    "it is empty": holding(lambda whole: b""),
    "it is a sign-in page": holding(lambda whole: b"<!doctype html><title>Sign in</title>"),
    "it is an old workbook": holding(lambda whole: b"\xd0\xcf\x11\xe0" + bytes(600)),
    "it is zeros, as after a power cut": holding(lambda whole: bytes(len(whole))),
}
CSV = ANY | {
    "it ends inside a row": holding(inside_a_row),
    "it ends inside a quoted cell": holding(lambda whole: whole + b'r999,"The beginning of'),
    "it is UTF-16": holding(lambda whole: whole.decode().encode("utf-16")),
    "it is Latin-1": holding(lambda whole: whole.decode().encode("latin-1")),
    "it is a workbook": holding(lambda whole: b"PK\x03\x04" + bytes(100)),
    "its id column is gone": holding(lambda whole: whole.replace(b"No.", b"Nr.", 1)),
    "its columns are parted otherwise": holding(lambda whole: whole.replace(b",", b";")),
}
XLSX = ANY | {
    "half of it is there": holding(lambda whole: whole[: len(whole) // 2]),
    "its end is lost": holding(lambda whole: whole[:-30]),
    "it is no zip": holding(lambda whole: b"No.,Title\r\n"),
    "bytes in it are wrong": holding(lambda whole: whole[:200] + bytes(400) + whole[600:]),
}
DAYS = [(WholeCsv, day) for day in CSV] + [(WholeXlsx, day) for day in XLSX]


@pytest.fixture(scope="module")
def stages() -> Iterator[Callable[[type[Csv]], Stage]]:
    made: dict[type[Csv], Stage] = {}

    def stage(subject: type[Csv]) -> Stage:
        made.setdefault(subject, Stage(subject)).start()
        return made[subject]

    yield stage
    for each in made.values():
        each.end()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
@pytest.mark.parametrize(("subject", "day"), DAYS, ids=lambda part: getattr(part, "file", part))
def test_nothing_goes_wrong_while(
    stages: Callable[[type[Csv]], Stage], subject: type[Csv], day: str, operation: Operation
) -> None:
    stage = stages(subject)
    assert isinstance(stage.subject, Csv)
    connector = stage.subject.open()
    asked = operation.prepare(stage, connector)
    with (CSV | XLSX)[day](stage.subject.path):
        got, error = attempted(operation, connector, asked)
    end = operation.judge(stage, connector, asked, got, error)
    # The header may be whole where the rows are not.
    assert end in ("refused", "incomplete") or operation.name == "describe", f"{operation.name} ended {end!r}"
    assert error is None or len(str(error)) > 20


def test_a_file_that_is_saved_while_it_is_read_is_neither_complete_nor_passed() -> None:
    with WholeCsv() as subject:
        subject.store([{"No.": f"r{n}", "Title": f"Title {n}"} for n in range(1200)])
        pages = subject.open().changes(None)
        first = next(pages)
        subject.store([{"No.": f"r{n}", "Title": f"Title {n}"} for n in range(600)])
        assert first.cursor is None and not first.complete
        with pytest.raises(Unavailable, match="was saved while it was read"):
            assert not any(page.complete or page.cursor for page in pages)


def test_a_row_that_somebody_copied_is_found_twice_and_is_not_gone() -> None:
    with WholeCsv() as subject:
        id = subject.plant(subject.cells("the original", "k"))
        subject.store(subject.load() * 2)
        connector = subject.open()
        assert [record.fields["Title"] for record in connector.find("k")] == ["the original"] * 2
        assert isinstance(connector.get([id])[id], Unseen)
        pages = list(connector.changes(None))
        assert not pages[-1].complete and len(pages[0].refused) == 2
        (outcome,) = connector.create([subject.draft("k", "once more")])
        assert outcome.error is not None and len(subject.load()) == 2


@pytest.mark.parametrize("subject", [WholeCsv, WholeXlsx], ids=lambda subject: subject.file)
def test_a_column_that_vanished_is_absent_and_not_blank(subject: type[Csv]) -> None:
    with subject() as running:
        id = running.plant(running.cells("as it was", "k"))
        rows = [{name: value for name, value in row.items() if name != "Title"} for row in running.load()]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("tests.conformance.subjects.COLUMNS", ["No.", "Commons ID", "Private"])
            running.store(rows)
        record = running.open().get([id])[id]
        assert isinstance(record, Record) and "Title" not in record.fields

"""A folder as a door: every file ends in done or refused, with its report, and none is read half-written."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from hub import crash
from hub.door.watch import SETTLED, Folders
from hub.store import waiting
from hub.sync import holds
from tests.door.conftest import HEADER, Doors, project, sheet

TICKED = (*HEADER, "Share")


@pytest.fixture
def folder(doors: Doors) -> Path:
    made = doors.folder / "elm"
    made.mkdir()
    doors.now(sheet([project("First")]))  # somebody has looked once: the first sync is over
    return made


def settle(doors: Doors, watch: Folders) -> None:
    watch.look()
    doors.time.sleep(SETTLED.total_seconds())
    watch.look()


def test_a_file_is_applied_and_its_report_stands_beside_it(doors: Doors, folder: Path) -> None:
    (folder / "a.csv").write_bytes(
        sheet([[*project("Wells"), "Yes"], [*project("Books"), ""], ["", "x", "y", "", "", "Yes"]], TICKED)
    )
    settle(doors, Folders(doors.hub))
    assert sorted(p.name for p in (folder / "done").iterdir()) == ["a.csv", "a.csv.report.csv"]
    report = (folder / "done" / "a.csv.report.csv").read_text("utf-8-sig")
    assert (
        "2,new,Wells," in report
        and "3,not shared,," in report
        and "4,refused,," in report
        and "Column A ('Title') is blank" in report
    )
    assert "Wells" in doors.commons() and "Books" not in doors.commons() and "Books" not in report
    assert not list((folder / "working").iterdir())


def test_a_file_that_still_grows_is_left_alone(doors: Doors, folder: Path) -> None:
    watch, path = Folders(doors.hub), folder / "a.csv"
    path.write_bytes(sheet([[*project("Wells"), "Yes"]], TICKED))
    watch.look()
    doors.time.sleep(SETTLED.total_seconds())
    with path.open("ab") as file:
        file.write(sheet([[*project("Books"), "Yes"]], ()).lstrip())
    watch.look()
    assert path.exists() and "Wells" not in doors.commons()
    doors.time.sleep(SETTLED.total_seconds())
    watch.look()
    assert {"Wells", "Books"} <= set(doors.commons()) and not path.exists()


def test_what_cannot_be_read_moves_to_refused_with_the_reason(doors: Doors, folder: Path) -> None:
    (folder / "a.csv").write_bytes(b'{"grants": []}')
    settle(doors, Folders(doors.hub))
    assert (folder / "refused" / "a.csv").read_bytes() == b'{"grants": []}'
    assert "holds JSON, no sheet" in (folder / "refused" / "a.csv.report.csv").read_text("utf-8-sig")


def test_a_second_file_of_the_same_name_writes_over_neither_the_first_nor_its_report(
    doors: Doors, folder: Path
) -> None:
    watch = Folders(doors.hub)
    for name in ("Wells", "Books"):
        (folder / "a.csv").write_bytes(sheet([[*project(name), "Yes"]], TICKED))
        settle(doors, watch)
    names = sorted(p.name for p in (folder / "done").iterdir())
    assert names == ["a (2).csv", "a (2).csv.report.csv", "a.csv", "a.csv.report.csv"]
    assert b"Wells" in (folder / "done" / "a.csv").read_bytes()


def test_what_a_dead_process_left_in_hand_is_read_again_and_nothing_is_doubled(doors: Doors, folder: Path) -> None:
    (folder / "working").mkdir()
    content = sheet([[*project("Wells"), "Yes"]], TICKED)
    doors.now(content, say="ticked")
    (folder / "working" / "a.csv").write_bytes(content)
    Folders(doors.hub).look()
    assert (folder / "done" / "a.csv").exists() and len(doors.commons()) == 2
    assert "2,unchanged,Wells" in (folder / "done" / "a.csv.report.csv").read_text("utf-8-sig")


@pytest.mark.parametrize("point", ["door.taken", "door.applied"])
def test_a_process_killed_with_a_file_in_hand_loses_and_doubles_nothing(doors: Doors, folder: Path, point: str) -> None:
    (folder / "a.csv").write_bytes(sheet([[*project("Wells"), "Yes"]], TICKED))
    doors.hub.engine.dispose()
    child = os.fork()
    if child == 0:
        crash.point = crash.armed(point)
        settle(doors, Folders(doors.hub))
        os._exit(1)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    assert [p.name for p in (folder / "working").iterdir()] == ["a.csv"] and not (folder / "done").exists()
    Folders(doors.hub).look()
    assert sorted(p.name for p in (folder / "done").iterdir()) == ["a.csv", "a.csv.report.csv"]
    assert sorted(doors.commons()) == ["First", "Wells"] and len(doors.commons_ids()) == 2


def test_what_is_no_sheet_is_not_touched(doors: Doors, folder: Path) -> None:
    for name in (".a.csv", "~$a.xlsx", "a.csv.part", "notes.docx"):
        (folder / name).write_bytes(b"x")
    os.symlink("/etc/hostname", folder / "link.csv")
    settle(doors, Folders(doors.hub))
    assert sorted(p.name for p in folder.iterdir()) == [".a.csv", "a.csv.part", "link.csv", "notes.docx", "~$a.xlsx"]


def test_a_first_sheet_that_nobody_looked_at_waits_and_those_after_it_too(doors: Doors) -> None:
    folder, watch = doors.folder / "oak", Folders(doors.hub)
    folder.mkdir()
    (folder / "a.csv").write_bytes(sheet([[*project("Wells"), "Yes"]], TICKED))
    settle(doors, watch)
    assert "held" in (folder / "done" / "a.csv.report.csv").read_text("utf-8-sig")
    (folder / "b.csv").write_bytes(sheet([[*project("Books"), "Yes"]], TICKED))
    settle(doors, watch)
    assert (folder / "b.csv").exists() and doors.commons()["Wells"].arriving is not None
    with doors.hub.reading() as conn:
        hold = waiting.waiting_hold(conn, "oak-files")
    assert hold is not None
    holds.approve(doors.hub, hold.id, hold.plan_hash, "admin")
    settle(doors, watch)
    assert doors.commons()["Wells"].arriving is None and "Books" in doors.commons()


def test_no_link_leads_the_hub_to_what_only_the_hub_may_read(doors: Doors, folder: Path) -> None:
    """A link in ``working`` was followed: whoever may put files into their folder could have another member's read as theirs."""
    other = doors.folder / "of-others.csv"
    other.write_bytes(sheet([[*project("Secret of oak"), "Yes"]], TICKED))
    (folder / "working").mkdir(exist_ok=True)
    for place in (folder / "a.csv", folder / "working" / "b.csv"):
        place.symlink_to(other)
    settle(doors, Folders(doors.hub))
    assert "Secret of oak" not in doors.commons() and other.exists() and not (folder / "done").exists()


@pytest.mark.parametrize("name", ["working", "done", "refused"])
def test_a_folder_that_leads_elsewhere_is_not_used_and_the_log_says_so(
    doors: Doors, folder: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    elsewhere = doors.folder / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "b.csv").write_bytes(sheet([[*project("Secret of oak"), "Yes"]], TICKED))
    (folder / name).symlink_to(elsewhere, target_is_directory=True)
    (folder / "a.csv").write_bytes(sheet([[*project("Wells"), "Yes"]], TICKED))
    settle(doors, Folders(doors.hub))
    assert not {"Secret of oak", "Wells"} & set(doors.commons())
    assert [p.name for p in elsewhere.iterdir()] == ["b.csv"] and (folder / "a.csv").exists()
    assert f"{name} leads elsewhere" in caplog.text


def test_a_file_that_becomes_a_link_between_look_and_reading_is_not_followed(
    doors: Doors, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = doors.folder / "of-others.csv"
    other.write_bytes(sheet([[*project("Secret of oak"), "Yes"]], TICKED))
    (folder / "a.csv").write_bytes(sheet([[*project("Wells"), "Yes"]], TICKED))

    def swapped(point: str) -> None:
        if point == "door.taken":
            (folder / "working" / "a.csv").unlink()
            (folder / "working" / "a.csv").symlink_to(other)

    monkeypatch.setattr("hub.door.watch.crash.point", swapped)
    settle(doors, Folders(doors.hub))
    assert "Secret of oak" not in doors.commons()

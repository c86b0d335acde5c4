"""What a line of the log holds: one object on one line, without what belongs to people or opens doors."""

from __future__ import annotations

import json
import logging
import os
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from connectors.contract import Secret
from hub import log, redact
from hub.operating import Log


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Other tests have their own handlers, and no secrets of these."""
    root, known = logging.getLogger(), redact._known
    handlers, level = list(root.handlers), root.level
    yield
    for handler in root.handlers:
        if handler not in handlers:
            handler.close()
    root.handlers[:], redact._known = handlers, known
    root.setLevel(level)


def line(message: str, *args: Any, error: BaseException | None = None, plain: bool = False, **extra: Any) -> str:
    info = (type(error), error, error.__traceback__) if error else None
    record = logging.getLogger("hub.test").makeRecord(
        "hub.test", logging.INFO, "f", 1, message, args, info, extra=extra
    )
    return log.formatter(plain).format(record)


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("mail to ada.lovelace+x@elm.example.org failed", "ada.lovelace"),
        ("<ada@elm.test>: unknown", "ada@"),
        ("Authorization: Bearer abc.def-123456", "abc.def"),
        ("got eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.", "eyJ"),
        ("token hubt_9f8e7d6c", "9f8e7d6c"),
        ("signed with whsec_QUJDREVG", "QUJD"),
        ("postgresql+psycopg://hub:pa55@db/hub", "pa55"),
        ("GET https://x.test/a?client_secret=s3cr3t&q=Ada", "s3cr3t"),
        ("/opportunities?text=Ada+Lovelace", "Lovelace"),
        ("password=hunter2secret", "hunter2"),
        ('{"api_key": "k-123456"}', "k-123456"),
        ("/welcome/" + "ab" * 32, "abab"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----", "MIIE"),
        ("call +44 20 7946 0991", "7946"),
    ],
)
def test_what_looks_like_a_credential_or_a_person_is_removed_wherever_it_stands(text: str, gone: str) -> None:
    for shown in (
        line(text),
        line("%s", text),
        line("x", facts={"deep": [text]}),
        line("x", note=text),
        line(text, plain=True),
    ):
        assert gone not in shown, shown


@pytest.mark.parametrize(
    "name", ["password", "Authorization", "client_secret", "api_key", "set-cookie", "email", "to", "user_name", "phone"]
)
def test_a_value_with_a_telling_name_is_removed_whatever_it_is(name: str) -> None:
    assert "qqq" not in line("x", **{name: "qqq"}) and "qqq" not in line("x", facts={name: {"a": "qqq"}})


@pytest.mark.parametrize(
    "text",
    [
        "riverside-salesforce: the run ended",
        "2026-03-02 09:00:00",
        "hub/sync/run.py:228",
        "https://x.test/a/b",
        "0198f3a0-1b2c-7def-8abc-0123456789ab",
    ],
)
def test_what_is_neither_stays(text: str) -> None:
    assert text in line(text)


def test_secrets_of_the_configuration_are_found_wherever_they_stand_in_it_and_however_they_are_spelled() -> None:
    @dataclass(frozen=True)
    class Part:
        options: dict[str, Any] = field(default_factory=dict)

    redact.hide(Part({"a": [Part({"token": Secret("s/cr t&1")})], "key": Secret("K" * 30 + "\n" + "L" * 30)}))
    for spelled in ("s/cr t&1", "s%2Fcr%20t%261", "L" * 30):
        assert spelled not in line(f"it said {spelled}!"), spelled


def test_a_short_word_is_not_taken_for_a_secret_everywhere() -> None:
    redact.hide([Secret("run")])
    assert "the run ended" in line("the run ended")


def raised(error: BaseException, cause: BaseException | None = None) -> BaseException:
    try:
        try:
            if cause is not None:
                raise cause
        except BaseException as before:
            raise error from before
        raise error
    except BaseException as caught:
        return caught


def test_an_exception_is_told_by_its_kind_and_places_and_not_by_its_words() -> None:
    shown = line("it stopped", error=raised(RuntimeError("Ada's row"), ValueError("Ada's cell")))
    said = json.loads(shown)
    assert "Ada" not in shown and said["error"] == "RuntimeError" and said["after"] == "ValueError"
    assert said["trace"][-1].endswith(" raised")


def test_what_a_database_says_of_a_row_is_not_told_and_what_it_says_of_itself_is() -> None:
    row = raised(IntegrityError("INSERT INTO user VALUES (?)", ("Ada",), Exception("Key (email)=(Ada) already exists")))
    full = raised(OperationalError("INSERT INTO user VALUES (?)", ("Ada",), Exception("database or disk is full")))
    assert "Ada" not in line("x", error=row) and "reason" not in line("x", error=row)
    assert "Ada" not in line("x", error=full) and "database or disk is full" in line("x", error=full)
    missing = line("x", error=raised(FileNotFoundError(2, "No such file or directory", "Ada's grants.xlsx")))
    assert "No such file" in missing and "Ada" not in missing


@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.parametrize(
    "forged", ['a\n{"level": "info", "event": "forged"}', "a\r\nforged", "a\u2028b\x1b[31m", "\ud800"]
)
def test_no_message_can_pass_for_a_second_line_or_steer_a_terminal(plain: bool, forged: str) -> None:
    shown = line(forged, plain=plain, note=forged)
    assert len(shown.split("\n")) == 1 and "\r" not in shown and "\x1b" not in shown
    shown.encode()
    if not plain:
        assert json.loads(shown)["level"] == "info"


def test_a_line_says_under_which_run_it_was_written_and_others_do_not() -> None:
    with log.bound(run="r1", connection="elm-sheet"):
        assert json.loads(line("x"))["run"] == "r1"
    assert "run" not in json.loads(line("x"))


@pytest.mark.skipif(sys.platform == "win32", reason="modes and moved files are told in another way there")
def test_a_file_is_made_for_the_hub_and_its_group_and_made_anew_when_it_was_moved_away(tmp_path: Path) -> None:
    path = tmp_path / "log" / "hub.json"
    log.set_up(Log("json", "INFO", path), least="ERROR")
    logging.getLogger("hub.test").info("one")
    os.rename(path, path.with_suffix(".1"))
    logging.getLogger("hub.test").info("two")
    assert [json.loads(found.read_text())["event"] for found in (path.with_suffix(".1"), path)] == ["one", "two"]
    assert stat.S_IMODE(path.with_suffix(".1").stat().st_mode) & 0o037 == 0

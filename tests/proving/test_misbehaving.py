"""What ``hub prove`` says of systems that do not do what they must, and what it leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from connectors.airtable.sandbox import AirtableSandbox
from connectors.airtable.sandbox_state import Base
from connectors.sandbox import Fault
from hub.proving import steps
from hub.proving.stage import Stage
from tests.proving.tenants import TENANTS, Tenant, airtable, states

TABLE = "Opportunities"


def sandbox_of(tenant: Tenant) -> AirtableSandbox:
    assert isinstance(tenant.sandbox, AirtableSandbox)
    return tenant.sandbox


def test_a_create_whose_answer_is_lost_twice_is_found_and_there_is_one_record(tmp_path: Path) -> None:
    with airtable(tmp_path) as tenant:
        sandbox_of(tenant).misbehave(Fault("drop_after", method="PATCH", times=2))
        result = tenant.prove("--test-tenant")
        assert result.exit_code == 0, result.output
        assert "create: It was sent; its answer was lost.\n" in result.output
        assert states(result.output)["lost answer"] == "ok" and tenant.left() == []


def test_a_create_that_never_arrives_though_it_was_sent_is_asked_for_again(tmp_path: Path) -> None:
    with airtable(tmp_path) as tenant:
        sandbox_of(tenant).misbehave(Fault("drop_before", method="PATCH"))
        result = tenant.prove("--test-tenant")
        assert result.exit_code == 0, result.output
        assert "lost answer: Asked for again after looking; there is one record with its key." in result.output


def test_no_permission_to_write_is_said_with_its_fix_and_nothing_is_sent(tmp_path: Path) -> None:
    with airtable(tmp_path) as tenant:
        sandbox_of(tenant).base.permission = "read"
        result = tenant.prove("--test-tenant")
        assert result.exit_code == 1 and states(result.output)["check"] == "FAILED"
        assert "Not green: check failed." in result.output and "Nothing remains" in result.output
        assert not [call for call in tenant.seen() if call.method in ("PATCH", "DELETE")]


def test_a_refused_create_is_said_in_the_words_of_the_system(tmp_path: Path) -> None:
    with airtable(tmp_path) as tenant:
        body = '{"error": {"type": "INVALID_VALUE_FOR_COLUMN", "message": "Field \\"Title\\" says no to this"}}'
        sandbox_of(tenant).misbehave(Fault("status", method="PATCH", times=9, status=422, body=body))
        result = tenant.prove("--test-tenant")
        assert result.exit_code == 1 and states(result.output)["create"] == "FAILED"
        assert "says no to this" in result.output and tenant.left() == [] and "Nothing remains" in result.output


def test_a_server_that_rewrites_text_is_said_with_what_it_made_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted = Base._accepted

    def shouting(base: Base, table: Any, fields: Any, typecast: bool) -> dict[str, Any]:
        cells = accepted(base, table, fields, typecast)
        return cells | ({"Title": cells["Title"].upper()} if cells.get("Title") else {})

    with airtable(tmp_path) as tenant:
        monkeypatch.setattr(Base, "_accepted", shouting)
        result = tenant.prove("--test-tenant")
        assert result.exit_code == 1 and states(result.output)["lost answer"] == "FAILED"
        assert "title reads 'COMMONS HUB PROOF, DELETE ME" in result.output
        assert [row["fields"]["Title"] for row in tenant.rows()] == ["CANARY of somebody else"]


def test_a_record_that_the_system_made_twice_fails_and_both_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = Base.create

    def twice(base: Base, table: Any, fields: Any, typecast: bool = False) -> Any:
        create(base, table, fields, typecast)
        return create(base, table, fields, typecast)

    with airtable(tmp_path) as tenant:
        monkeypatch.setattr(Base, "create", twice)
        result = tenant.prove("--test-tenant")
        assert result.exit_code == 1 and states(result.output)["lost answer"] == "FAILED", result.output
        assert "There are 2 records with its key now, and there must be one." in result.output
        assert tenant.left() == [] and "Nothing remains" in result.output


def test_what_cannot_be_deleted_after_a_failure_is_named(tmp_path: Path) -> None:
    with TENANTS["airtable"](tmp_path) as tenant:
        sandbox_of(tenant).misbehave(Fault("status", method="DELETE", times=99, status=403, body="{}"))
        result = tenant.prove("--test-tenant")
        (row,) = tenant.left()
        assert f"REMAINS: Delete record {row['id']}" in result.output
        assert states(result.output)["removal"] == "n/a"


@pytest.mark.parametrize("place", ["create", "edit there", "withdraw"])
def test_stopping_it_by_hand_cleans_up(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(name: str, step: Any) -> Any:
        def run(stage: Stage) -> str:
            said: str = step(stage)
            if name == place:
                raise KeyboardInterrupt
            return said

        return run

    monkeypatch.setattr(steps, "STEPS", tuple((name, stopped(name, step)) for name, step in steps.STEPS))
    with airtable(tmp_path) as tenant:
        result = tenant.prove("--test-tenant")
        assert result.exit_code == 1 and states(result.output)[place] == "FAILED"
        assert "Stopped by hand" in result.output
        assert tenant.left() == [] and "Nothing remains" in result.output


def test_what_the_fence_keeps_out_is_never_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def reaches_out(stage: Stage) -> str:
        (other,) = [r for page in stage.connector.inner.changes(None) for r in page.records]  # type: ignore[attr-defined]
        stage.connector.delete([other.id])
        return "It got through."

    monkeypatch.setattr(steps, "STEPS", (steps.STEPS[0], ("removal", reaches_out)))
    with airtable(tmp_path) as tenant:
        result = tenant.prove("--test-tenant")
        assert result.exit_code == 1 and "touches its own record only" in result.output
        assert len(tenant.others()) == 1 and not [c for c in tenant.seen() if c.method in ("PATCH", "DELETE")]


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_real_process_is_green_and_one_that_is_told_to_end_cleans_up(tmp_path: Path) -> None:
    with airtable(tmp_path) as tenant:
        command = [
            sys.executable,
            "-m",
            "hub",
            "prove",
            "cedar",
            "--test-tenant",
            "--config",
            str(tmp_path / "config.toml"),
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=os.environ, check=False)
        assert done.returncode == 0 and done.stdout.endswith("Green.\n"), done.stdout + done.stderr
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        while not tenant.left():
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=60)
        assert process.returncode == 1 and "Stopped by hand" in said, said
        assert tenant.left() == [] and "Nothing remains" in said

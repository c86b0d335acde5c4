"""``hub prove`` is green against every stand-in, and touches nothing but its own record."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from connectors.sandbox import Seen
from hub.proving.stage import Stage
from tests.proving.tenants import CANARY, TENANTS, states

NOT_APPLICABLE = {
    "fluxx": {"outdated edit"}, "airtable": {"outdated edit"}, "spreadsheet": {"outdated edit"}, "submittable": {"removal"},
}  # fmt: skip


def writes(seen: list[Seen]) -> list[Seen]:
    """Calls that could change something: not those that sign in, list, or batch nothing but reads."""
    calls = [
        call for call in seen if call.method != "GET" and not re.search(r"/(token|list|ids|listRecords)$", call.path)
    ]
    return [c for c in calls if "$batch" not in c.path or re.search(rb"^(POST|PATCH|PUT|DELETE) ", c.body, re.M)]


@pytest.fixture
def stages(monkeypatch: pytest.MonkeyPatch) -> list[Stage]:
    """The stages of the proofs that a test runs."""
    found: list[Stage] = []
    close = Stage.close
    monkeypatch.setattr(Stage, "close", lambda stage: (found.append(stage), close(stage)))
    return found


@pytest.mark.parametrize("name", TENANTS)
def test_a_proof_is_green_and_writes_to_its_one_record_only(name: str, tmp_path: Path, stages: list[Stage]) -> None:
    with TENANTS[name](tmp_path) as tenant:
        others, before = tenant.others(), len(tenant.seen())
        result = tenant.prove("--test-tenant")
        assert result.exit_code == 0, result.output
        assert result.output.endswith("\nGreen.\n")
        fitting = NOT_APPLICABLE.get(name, set())
        assert {step: state for step, state in states(result.output).items() if state != "ok"} == dict.fromkeys(
            fitting, "n/a"
        )
        assert len(states(result.output)) == 10
        assert CANARY in json.dumps(others, default=str) and tenant.others() == others
        (stage,) = stages
        (id,) = stage.ours.ids
        ours = [id.encode(), str(stage.ours.key).encode()]
        made = writes(tenant.seen()[before:])
        assert len(made) >= 8 or tenant.sandbox is None
        for call in made:
            said = f"{call.path}?{call.query} ".encode() + call.body
            assert any(name in said for name in ours), f"{call.method} {call.path} names another record: {call.body!r}"
        assert len(tenant.left()) == ("removal" in fitting)
        assert ("REMAINS: Delete record" in result.output) == ("removal" in fitting)
        assert not (tmp_path / "hub.db").exists()


@pytest.mark.parametrize("name", TENANTS)
def test_without_a_word_that_it_is_a_test_tenant_nothing_is_called(name: str, tmp_path: Path) -> None:
    with TENANTS[name](tmp_path) as tenant:
        before = len(tenant.seen())
        result = tenant.prove()
        assert result.exit_code == 2 and "--test-tenant" in result.output
        assert len(tenant.seen()) == before and tenant.left() == []


def test_a_report_has_steps_answers_and_no_secret(tmp_path: Path) -> None:
    with TENANTS["salesforce-nonprofit-cloud"](tmp_path, guard="composite") as tenant:
        result = tenant.prove("--test-tenant", "--report", str(tmp_path / "report.txt"))
        report = (tmp_path / "report.txt").read_text()
        assert result.exit_code == 0 and report.endswith("Green.\n")
        assert "settled     `If-Unmodified-Since` inside composite requests" in report
        assert any(call.path.endswith("/composite") for call in tenant.seen())
        assert "ApplicationName 255" in report
        for text in (report, result.output):
            for word in (*tenant.secrets, CANARY, "officer@cedar.example"):
                assert word not in text


def test_a_submission_is_removed_where_the_connection_may_and_the_report_says_what_was_answered(tmp_path: Path) -> None:
    with TENANTS["submittable"](tmp_path, may_delete=True) as tenant:
        result = tenant.prove("--test-tenant")
        assert result.exit_code == 0 and states(result.output)["removal"] == "ok", result.output
        assert "Asked for the removed submission it answered 404" in result.output and tenant.left() == []


def test_the_report_says_after_how_long_fluxx_listed_the_new_record(tmp_path: Path) -> None:
    with TENANTS["fluxx"](tmp_path, since="second") as tenant:
        result = tenant.prove("--test-tenant")
        assert result.exit_code == 0, result.output
        assert re.search(
            r"settled +How many seconds a new record waits.*\n +The new record was in a list after \d+ seconds",
            result.output,
        )
        assert "settled     Whether filters heed the time of day" in result.output

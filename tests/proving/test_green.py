"""``hub prove`` is green against every stand-in, and touches nothing but its own record."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from connectors.sandbox import Seen
from hub.proving.stage import Stage
from tests.proving.tenants import CANARY, OFFICER, TENANTS, states

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


OPTIONS: dict[str, dict[str, str]] = {
    "salesforce-nonprofit-cloud": {"guard": "composite"},
    "fluxx": {"since": "second"},
}
SAYS = {
    "salesforce-nonprofit-cloud": (
        "settled     `If-Unmodified-Since` inside composite requests", "ApplicationName 255", "Refusals came with 412",
    ),
    "salesforce-npsp": ('settled     The developer name', '"Grant" is one: a record of it was made and listed.'),
    "fluxx": (
        "settled     Whether filters heed the time of day", "settled     How many seconds a new record waits",
        "A whole number was kept and found again",
    ),
    "dataverse": ("settled     That a batch may carry the links", "settled     The code of a version mismatch"),
    "submittable": ("settled     Where the key goes", "REMAINS: Delete record"),
}  # fmt: skip
"""What the report settles, by tenant."""


@pytest.mark.parametrize("name", TENANTS)
def test_a_proof_is_green_and_writes_to_its_one_record_only(name: str, tmp_path: Path, stages: list[Stage]) -> None:
    with TENANTS[name](tmp_path, **OPTIONS.get(name, {})) as tenant:
        others, before = tenant.others(), len(tenant.seen())
        result = tenant.prove("--test-tenant", "--report", str(tmp_path / "report.txt"))
        assert result.exit_code == 0, result.output
        fitting = NOT_APPLICABLE.get(name, set())
        found = states(result.output)
        assert len(found) == 10
        assert {step: state for step, state in found.items() if state != "ok"} == dict.fromkeys(fitting, "n/a")
        assert CANARY in json.dumps(others, default=str) and tenant.others() == others
        (stage,) = stages
        only_ours(stage, writes(tenant.seen()[before:]), tenant.sandbox is not None)
        assert len(tenant.left()) == ("removal" in fitting)
        assert ("Nothing remains" in result.output) != ("removal" in fitting)
        assert not (tmp_path / "hub.db").exists()
        report = (tmp_path / "report.txt").read_text(encoding="utf-8")
        assert report.endswith("\nGreen.\n")
        for said in SAYS.get(name, ()):
            assert said in report
        for text in (report, result.output):
            for word in (*tenant.secrets, CANARY, OFFICER, "noor.haddad"):
                assert word not in text


def only_ours(stage: Stage, made: list[Seen], over_http: bool) -> None:
    """Each of these calls names the proof's one record, by its id or its key."""
    (id,) = stage.ours.ids
    assert len(made) >= 8 or not over_http
    for call in made:
        said = f"{call.path}?{call.query} ".encode() + call.body
        assert id.encode() in said or str(stage.ours.key).encode() in said, f"{call.method} {call.path}: {call.body!r}"


@pytest.mark.parametrize("name", TENANTS)
def test_without_a_word_that_it_is_a_test_tenant_nothing_is_called(name: str, tmp_path: Path) -> None:
    with TENANTS[name](tmp_path) as tenant:
        before = len(tenant.seen())
        result = tenant.prove()
        assert result.exit_code == 2 and "--test-tenant" in result.output
        assert len(tenant.seen()) == before and tenant.left() == []


def test_a_submission_is_removed_where_the_connection_may_and_the_report_says_what_was_answered(tmp_path: Path) -> None:
    with TENANTS["submittable"](tmp_path, may_delete=True) as tenant:
        result = tenant.prove("--test-tenant")
        assert result.exit_code == 0 and states(result.output)["removal"] == "ok", result.output
        assert "Asked for the removed submission it answered 404" in result.output and tenant.left() == []

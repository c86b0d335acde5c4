"""The kit itself: it notices what a connector does wrong, and a stranger can run it as the README says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from socket import socketpair
from typing import Any

import pytest

from connectors.clock import ManualTime
from connectors.contract import (
    ConnectorError,
    Cursor,
    Draft,
    Edit,
    Field,
    Gone,
    Outcome,
    Page,
    Raw,
    Record,
    Secret,
    Unavailable,
    Unseen,
    Wanted,
)
from connectors.transport import Transport
from hub.conformance import kit, matrix
from hub.conformance.faults import FAULTS
from hub.conformance.plugin import summary
from hub.conformance.proxy import Exchange, Proxy, Reply
from hub.conformance.stage import Stage
from hub.conformance.ways import Leads, well_certified
from tests.conformance.yoursystem import Rows, StandIn, connector

ROOT = Path(__file__).parents[2]


class Yours(kit.Subject):
    system = connector
    wanted = Wanted("rows", ("title", "commons_id"), "commons_id")
    text, unwanted = "title", "notes"

    @contextmanager
    def running(self) -> Iterator[str]:
        with StandIn(pages_of=2) as self.stand_in:
            yield self.stand_in.url

    def options(self, url: str) -> Raw:
        return {"url": url, "token": Secret("a-token-of-yours")}

    def plant(self, cells: Raw) -> str:
        return self.stand_in.add(cells)

    def alter(self, id: str, cells: Raw) -> None:
        self.stand_in.change(id, cells)

    def remove(self, id: str) -> None:
        self.stand_in.delete(id)


@contextmanager
def stage(subject: type[kit.Subject]) -> Iterator[Stage]:
    stage = Stage(subject)
    try:
        yield stage
    finally:
        stage.stop()  # what a wrong connector leaves behind is not looked at


def of(rows: type[Rows]) -> type[kit.Subject]:
    """The subject, with this connector."""
    return type("Wrong", (Yours,), {"system": replace(connector, open=rows)})


# --- connectors that do one thing wrong


class CallsForbiddenGone(Rows):
    def look(self, id: str) -> Record | Gone | Unseen:
        return Gone(id) if self.call("GET", f"rows/{id}").status == 403 else super().look(id)


class CallsMissingGone(Rows):
    def look(self, id: str) -> Record | Gone | Unseen:
        return Gone(id) if self.call("GET", f"rows/{id}").status == 404 else super().look(id)


class TakesNotFoundForAnEmptyList(Rows):
    def page(self, **params: Any) -> tuple[tuple[Record, ...], int]:
        return ((), 0) if self.call("GET", "rows", params=params).status == 404 else super().page(**params)


class TakesAPageForAnEmptyList(Rows):
    def page(self, **params: Any) -> tuple[tuple[Record, ...], int]:
        try:
            return super().page(**params)
        except Unavailable as error:
            if "HTML" in str(error) or "sign-in" in str(error) or "not JSON" in str(error):
                return (), 0
            raise


class TakesAnythingForAList(Rows):
    def page(self, **params: Any) -> tuple[tuple[Record, ...], int]:
        told = self.one("GET", "rows", params=params)
        return tuple(self.record(row) for row in told.get("rows", [])), told.get("next", 0)


class FindsNothingWhenItCannotSearch(Rows):
    def find(self, key: str) -> list[Record]:
        try:
            return super().find(key)
        except ConnectorError:
            return []


class RepeatsACreate(Rows):
    def create(self, drafts: Sequence[Draft]) -> list[Outcome]:
        return [self.outcome(lambda: self.one("POST", "rows", json=drafts[0].fields, repeatable=True))]


class CallsALostAnswerNothing(Rows):
    def create(self, drafts: Sequence[Draft]) -> list[Outcome]:
        return [
            Outcome(error=Unavailable("The rows could not be reached just now.")) if outcome.error else outcome
            for outcome in super().create(drafts)
        ]


class CallsALostAnswerDone(Rows):
    def update(self, edits: Sequence[Edit]) -> list[Outcome]:
        return [Outcome(edits[0].id) if outcome.error else outcome for outcome in super().update(edits)]


class GoesRoundInACircle(Rows):
    def changes(self, since: Cursor | None) -> Iterator[Page]:
        records, after = self.page(after=0)
        while after:
            yield Page(records)
            records, after = self.page(after=after)
        yield Page(records, complete=True)


class LeavesOffAtTheFirstError(Rows):
    def changes(self, since: Cursor | None) -> Iterator[Page]:
        try:
            for page in super().changes(since):
                yield replace(page, cursor="read")
        except Unavailable:
            yield Page(cursor="read")


class PassesWhatItDidNotShow(Rows):
    def changes(self, since: Cursor | None) -> Iterator[Page]:
        if since == "read":
            return
        for page in super().changes(since):
            yield replace(page, cursor="read")


class StumblesOverNonsense(Rows):
    def describe(self) -> list[Field]:
        return [Field(name, "text") for name in self.one("GET", "columns")["columns"]]


class DescribesNothing(Rows):
    def describe(self) -> list[Field]:
        return [Field(name, "text") for name in self.one("GET", "columns").get("columns", ())]


class TellsItsToken(Rows):
    def get(self, ids: Sequence[str]) -> dict[str, Record | Gone | Unseen]:
        try:
            return super().get(ids)
        except ConnectorError as error:
            raise Unavailable(f"{error} The token was {self.token.reveal()}.") from None


WRONG: tuple[tuple[type[Rows], Any, str, str], ...] = (
    (CallsForbiddenGone, "get", "403", "calls records gone that are there"),
    (CallsMissingGone, "get", "404 with a page", "calls records gone that are there"),
    (TakesNotFoundForAnEmptyList, "list", "404", "a scan called complete does not show"),
    (TakesAPageForAnEmptyList, "list", "200 with a sign-in page", "a scan called complete does not show"),
    (TakesAnythingForAList, "list", "200 with {}", "a scan called complete does not show"),
    (FindsNothingWhenItCannotSearch, "find", "503, and again", "would create the record once more"),
    (RepeatsACreate, "create", "says nothing", "2 records of one draft"),
    (RepeatsACreate, "create", "504", "2 records of one draft"),
    (CallsALostAnswerNothing, "create", "resets the connection", "the hub would do it again"),
    (CallsALostAnswerDone, "update", "502", "says that it changed row2, and did not"),
    (GoesRoundInACircle, "list", "the answer before, without end", "never comes to an end"),
    (LeavesOffAtTheFirstError, "list", "500, and again", "ended without an error and did not show"),
    (PassesWhatItDidNotShow, "list", "200 with nothing", "its cursor has passed"),
    (StumblesOverNonsense, "describe", "200 with {}", "it crashed: KeyError"),
    (DescribesNothing, "describe", "200 with {}", "as if somebody had removed them"),
    (TellsItsToken, "get", "503, and again", "shows a credential"),
)


@pytest.mark.parametrize(
    ("rows", "operation", "fault", "says"), WRONG, ids=lambda part: getattr(part, "__name__", None)
)
def test_the_kit_notices_a_connector_that(rows: type[Rows], operation: Any, fault: str, says: str) -> None:
    cell = matrix.operation(operation), matrix.fault(fault)
    with stage(Yours) as right:
        assert sum(matrix.survives(right, *cell).values())
    with stage(of(rows)) as wrong, pytest.raises(AssertionError, match=says):
        matrix.survives(wrong, *cell)


def test_a_certificate_is_all_that_was_wrong_with_a_way() -> None:
    with Yours() as subject, Proxy(subject.url) as proxy, well_certified(proxy, subject.url) as leads:
        assert isinstance(leads, Leads) and leads.url.startswith("https://")
        with subject.opened(leads.url, **leads.transport) as opened:
            assert len(opened.describe()) == 3


@pytest.mark.parametrize(
    ("fault", "tag", "count"),
    [
        ("an ETag that is weak", 'W/"7"', 1),
        ("an ETag of another time", '"0"', 1),
        ("no ETag", None, 1),
        ("a count that is one too high", '"7"', 2),
        ("a count that is one too low", '"7"', 0),
    ],
)
def test_a_lie_is_told_of_an_answer_that_has_something_to_lie_about(fault: str, tag: str | None, count: int) -> None:
    """The stand-ins that ship have no ETags, so this is where those faults are seen at work."""
    body = b'{"rows": [{"title": "a"}], "count": 1, "done": true}'
    reply = Reply(200, (("ETag", '"7"'), ("Content-Type", "application/json")), body)
    ours, theirs = socketpair()
    act = matrix.fault(fault).act
    with ours, theirs:
        assert act is not None and act(Exchange(ours, "http://here.example/", reply, None))
        said = theirs.recv(4096).decode()
    assert (re.findall("(?m)^etag: (.*)\r$", said) or [None]) == [tag]
    assert f'"count": {count}' in said and '"done": true' in said


def test_a_proxy_that_is_left_alone_changes_nothing_but_links() -> None:
    with Yours() as subject, Proxy(subject.url) as proxy:
        id = subject.plant(subject.cells(f"see {subject.url}/rows"))
        transport = Transport(hosts=[proxy.host], time=ManualTime())
        headers = {"Authorization": "Bearer a-token-of-yours"}
        there = transport.call("GET", f"{proxy.url}/rows/{id}", headers=headers)
        assert there.json()["title"] == f"see {proxy.url}/rows"
        assert transport.call("GET", f"{proxy.url}/rows/nothing", headers=headers).status == 404
        transport.close()


def test_every_fault_has_a_name_of_its_own() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)


def test_the_line_at_the_end_counts_every_cell() -> None:
    table = {("503", "get"): {"retried": 1}, ("503", "create"): {"looked up": 2, "retried": 1}}
    assert summary("yours", table) == "conformance: yours 4 cells: 2 looked up, 2 retried"


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """The README's example in a folder of its own, by a pytest of its own."""
    readme = (ROOT / "connectors" / "README.md").read_text()
    (example,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    (tmp_path / "test_yoursystem.py").write_text(example)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "conformance")])
        command = [sys.executable, "-m", "pytest", "-p", "hub.conformance.plugin", "-p", "no:cacheprovider", *arguments]
        environment = os.environ | {"PYTHONPATH": path}
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)

    return run


def test_the_example_of_the_readme_is_all_that_it_takes(run: Run) -> None:
    done = run("-v", "-k", "test_it[ or 503 or sign-in or certificate or 403")
    assert done.returncode == 0, done.stdout[-3000:]
    assert re.search(r"conformance: yoursystem \d+ cells: \d+ looked up, \d+ refused, \d+ incomplete", done.stdout)
    assert "test_it_survives[create-503]" in done.stdout
    assert re.search(r"^503 +1 retried|^503 +2 retried", done.stdout, re.M), done.stdout[-6000:]


def test_the_kit_needs_pytest_only_when_it_is_used() -> None:
    code = "import sys; import hub.conformance.kit, hub.conformance.matrix; sys.exit('pytest' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0

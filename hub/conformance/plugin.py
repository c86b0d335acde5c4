"""The kit under pytest: a class of tests for a subject, and at the end of a run one line for each connector.

With ``-v`` the line is followed by its table, a fault a row and an operation a column. ``--conformance-part N`` tries
every Nth cell of the matrix only, other ones for each connector.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hub.conformance.checks import CHECKS
from hub.conformance.faults import ALL, FAULTS, End, Fault, Name
from hub.conformance.matrix import CELLS, survives
from hub.conformance.operations import SEVERITY, Operation
from hub.conformance.stage import Stage
from hub.conformance.subject import DoesNotApply, Subject

PROPERTY = "conformance"


def suite_of(subject: type[Subject]) -> type[Any]:
    """See ``kit.suite``."""

    class Promises:
        @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
        def test_it(self, check: Callable[[Subject], None]) -> None:
            with subject() as running:
                try:
                    check(running)
                except DoesNotApply as reason:
                    pytest.skip(f"{subject.title()}: {reason}")

    class PromisesAndFaults(Promises):
        subject: type[Subject]
        stage: Stage

        @classmethod
        def setup_class(cls) -> None:
            cls.stage = Stage(subject)

        @classmethod
        def teardown_class(cls) -> None:
            cls.stage.end()

        @pytest.mark.parametrize(("operation", "fault"), CELLS, ids=lambda part: part.name)
        def test_it_survives(
            self, operation: Operation, fault: Fault, record_property: Callable[[str, Any], None]
        ) -> None:
            try:
                ends = survives(self.stage, operation, fault)
            except DoesNotApply as reason:
                pytest.skip(f"{subject.title()}: {reason}")
            record_property(PROPERTY, (subject.title(), operation.name, fault.name, dict(ends)))

    PromisesAndFaults.subject = subject

    return PromisesAndFaults if subject.wire else Promises


PLACES = {(operation.name, fault.name): at for at, (operation, fault) in enumerate(CELLS)}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--conformance-part", type=int, default=1, metavar="N", help="every Nth cell of the fault matrix only"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    part = config.getoption("--conformance-part")
    subjects: list[type[Subject]] = []
    left = {item for item in items if not _in_part(item, part, subjects)}
    if left:
        config.hook.pytest_deselected(items=list(left))
        items[:] = [item for item in items if item not in left]


def _in_part(item: pytest.Item, part: int, subjects: list[type[Subject]]) -> bool:
    cell = getattr(getattr(item, "callspec", None), "params", {})
    subject = getattr(getattr(item, "cls", None), "subject", None)
    if subject is None or "fault" not in cell or "operation" not in cell:
        return True
    if subject not in subjects:
        subjects.append(subject)
    return in_part(subjects.index(subject), cell["operation"], cell["fault"], part)


def in_part(nth: int, operation: Operation, fault: Fault, part: int) -> bool:
    """Whether ``--conformance-part`` has this cell for the ``nth`` subject, counted from 0. As many subjects as there are
    parts try every cell together."""
    return (PLACES[operation.name, fault.name] + nth) % part == 0


Table = dict[tuple[str, Name], dict[End, int]]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for found in terminalreporter.stats.values() for report in found]
    tables: dict[str, Table] = defaultdict(dict)
    for report in reports:
        for name, value in getattr(report, "user_properties", ()):
            if name == PROPERTY and getattr(report, "when", "") == "call":
                title, operation, fault, ends = value
                tables[title][fault, operation] = ends
    for title, table in sorted(tables.items()):
        terminalreporter.write_line(summary(title, table))
        if terminalreporter.verbosity > 0:
            for line in rows(table):
                terminalreporter.write_line(line)


def summary(title: str, table: Table) -> str:
    """One line: how many cells there were, and how they ended."""
    total: Counter[End] = Counter()
    for ends in table.values():
        total.update(ends)
    told = ", ".join(f"{total[end]} {end}" for end in reversed(SEVERITY) if total[end])
    return f"conformance: {title} {total.total()} cells: {told}"


def rows(table: Table) -> Iterator[str]:
    """A fault a row, an operation a column; several requests of one operation may end differently."""
    width = max(len(fault.name) for fault in FAULTS)
    shown = {
        (fault.name, name): " ".join(f"{count} {end}" for end, count in table.get((fault.name, name), {}).items())
        for fault in FAULTS
        for name in ALL
    }
    columns = {name: max(len(name), *(len(shown[fault.name, name]) for fault in FAULTS)) for name in ALL}
    yield "  ".join(["fault".ljust(width), *(name.ljust(columns[name]) for name in ALL)]).rstrip()
    for fault in FAULTS:
        cells = (shown[fault.name, name].ljust(columns[name]) for name in ALL)
        yield "  ".join([fault.name.ljust(width), *cells]).rstrip()

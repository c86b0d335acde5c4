"""Every connector keeps what the hub relies on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from connectors import registry
from hub.conformance import kit
from tests.conformance import subjects

SUBJECTS: dict[str, Callable[[], AbstractContextManager[kit.Subject]]] = {
    "airtable": subjects.airtable,
    "salesforce": subjects.salesforce,
    "spreadsheet, csv": lambda: subjects.spreadsheet("rows.csv"),
    "spreadsheet, xlsx": lambda: subjects.spreadsheet("rows.xlsx"),
}


@pytest.mark.parametrize("check", kit.CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", SUBJECTS)
def test_a_connector(name: str, check: Callable[[kit.Subject], None]) -> None:
    with SUBJECTS[name]() as subject:
        try:
            check(subject)
        except kit.DoesNotApply as reason:
            pytest.skip(f"{name}: {reason}")


def test_every_connector_of_the_house_is_in_the_kit() -> None:
    assert set(registry.names()) == {name.partition(",")[0] for name in SUBJECTS}

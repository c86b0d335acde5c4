"""Fixtures: one Datasette for the session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.rest.datasette import Datasette, running


@pytest.fixture(scope="session")
def datasette(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Datasette]:
    with running(tmp_path_factory.mktemp("datasette")) as server:
        yield server

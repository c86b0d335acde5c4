"""Fixtures that several rooms share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.town import Town


@pytest.fixture
def town() -> Iterator[Town]:
    """Three foundations and their systems, nothing synced yet."""
    with Town() as town:
        yield town

"""The engine's small commons, on both databases, for the tests here as well."""

from __future__ import annotations

from tests.sync.conftest import make

__all__ = ["make"]

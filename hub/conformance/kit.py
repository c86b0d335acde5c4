"""The kit for connectors: describe yours in one class, and one line gives all its tests.

::

    from hub.conformance import kit

    class Mine(kit.Subject): ...

    TestMine = kit.suite(Mine)

Each promise of ``checks`` and each operation under each fault of ``faults`` becomes a test of its own.
"""

from __future__ import annotations

from typing import Any

from hub.conformance.checks import CHECKS
from hub.conformance.subject import DoesNotApply, Subject

__all__ = ["CHECKS", "DoesNotApply", "Subject", "suite"]


def suite(subject: type[Subject]) -> type[Any]:
    """The tests of one connector, for pytest to collect: bind it to a name that begins with ``Test``."""
    from hub.conformance.plugin import suite_of  # the hub itself ships without pytest

    return suite_of(subject)

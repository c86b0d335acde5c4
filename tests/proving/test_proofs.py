"""``hub prove`` against every stand-in, as on a test tenant."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.config import load
from hub.proving import proving, report
from tests.integration.five import NAMES, Five


@pytest.mark.parametrize("name", NAMES)
def test_it_is_green(name: str, tmp_path: Path) -> None:
    with Five(tmp_path, [name]) as one:
        lines: list[str] = []
        proof, said = proving.prove(load(one.config), name, say=lines.append, time=one.time)
        assert report.green(proof), said
        print(said)
        assert one.records(name) == []

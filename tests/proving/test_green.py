"""``hub prove`` is green against every stand-in, and touches nothing but its own record."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proving.tenants import CANARY, TENANTS


@pytest.mark.parametrize("name", TENANTS)
def test_a_proof_is_green_and_touches_its_one_record_only(name: str, tmp_path: Path) -> None:
    with TENANTS[name](tmp_path) as tenant:
        others = tenant.others()
        result = tenant.prove("--test-tenant", "--report", str(tmp_path / "report.txt"))
        print(result.output)
        assert result.exit_code == 0, result.output
        assert tenant.others() == others

"""One bad record or one bad system never holds up the others."""

from __future__ import annotations

import pytest

from connectors.contract import Invalid, SignInFailed, Unavailable
from hub.store.tables import (
    Quarantine,
    Run,
)
from tests.sync.conftest import World, share


def test_a_bad_record_is_quarantined_and_the_others_go_on(pair: World) -> None:
    share(pair, Title=None)
    share(pair, Title="Fine", Ask="a lot")
    pair.sync()
    found = {(row.path, row.state): row for row in pair.table(Quarantine)}
    assert {path for path, _ in found} == {"", "ask.requested"}
    assert [row["Title"] for row in pair.rows("b")] == ["Fine"]
    for row in pair.rows("a"):
        row |= {"Title": row["Title"] or "Now with a title", "Ask": 5}
    pair.sync()
    assert {row.state for row in pair.table(Quarantine)} == {"released"}
    assert len(pair.rows("b")) == 2


def test_a_refused_record_never_stops_the_others_and_says_why(pair: World) -> None:
    share(pair)
    pair.systems["b"].fault["create:before"] = [Invalid("Title is too long", ["Title"])]
    result = pair.sync()["b"]
    assert result.state == "failed" and "too long" in result.message
    assert len(pair.rows("b")) == 0
    pair.sync()
    assert len(pair.rows("b")) == 1


@pytest.mark.parametrize(("error", "state"), [(Unavailable("down"), "incomplete"), (SignInFailed("no"), "failed")])
def test_one_systems_outage_never_delays_another(pair: World, error: Exception, state: str) -> None:
    share(pair)
    share(pair, "b", Title="From B", Organisation="Other")
    pair.systems["b"].fault["list:before"] = [error]
    results = pair.sync()
    assert results["a"].state == "done" and results["b"].state == state and str(error) in results["b"].message
    assert {run.state for run in pair.table(Run)} == {"done", state}


def test_an_error_in_the_hub_itself_ends_the_run_and_not_the_hub(pair: World) -> None:
    pair.systems["a"].fault["list:before"] = [RuntimeError("a bug")]
    assert pair.sync()["a"].state == "failed"
    assert pair.sync()["a"].state == "done"

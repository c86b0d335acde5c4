"""Corners of the engine that the planner's oracle led to."""

from __future__ import annotations

from tests.sync.conftest import World, share


def test_what_two_people_add_to_a_list_reaches_both(pair: World) -> None:
    """The second one's record does not show the first one's item yet: the two agree only when it does."""
    share(pair, Themes=["Education"])
    pair.sync()
    (a,), (b,) = pair.rows("a"), pair.rows("b")
    a["Themes"], b["Themes"] = ["Education", "Health"], []
    pair.sync()
    assert a["Themes"] == b["Themes"] == ["Health"]
    assert pair.quiet() == 0

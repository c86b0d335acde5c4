"""What is read back after a write: a form of what was sent is the system's own doing, anything else is an edit."""

from __future__ import annotations

from typing import Any

import pytest

from hub.sync.readback import form_of
from tests.sync.conftest import Make, connection, share

LONG = "Clean water for the upper valley"


@pytest.mark.parametrize(
    ("sent", "back"),
    [
        (LONG, LONG), (LONG, LONG.upper()), (f"  {LONG} ", LONG), (LONG, "Clean water for"), (LONG, f"<p>{LONG}</p>"),
        ("Fish & chips", "<p>Fish &amp; chips</p>"), ("Café", "Cafe"), ("a 🎈 b", "a ?? b"), (LONG, None), (LONG, ""),
        ("2026-03-01", "2026-03-01T00:00:00Z"), (1250.4, 1250), (5, "5"), (["a", "b"], ["b"]), (["Arts"], ["arts"]),
        ({"id": "1"}, {"id": "1", "name": "X"}), (None, None), (True, True),
    ],
)  # fmt: skip
def test_what_a_system_made_of_it(sent: Any, back: Any) -> None:
    assert form_of(back, sent)


@pytest.mark.parametrize(
    ("sent", "back"),
    [
        (LONG, "Night shelters"), (LONG, LONG + ", soon"), (None, "Typed"), (1250, 1300), (["a"], ["a", "c"]), (LONG, "!"),
        ({"id": "1"}, {"id": "2"}), (True, False), ("2026-03-01", "2026-03-02"), ("2026-03-01", "2026-03-01T10:30:00Z"),
    ],
)  # fmt: skip
def test_what_somebody_typed_right_after(sent: Any, back: Any) -> None:
    assert not form_of(back, sent)


def test_an_edit_between_a_write_and_the_look_at_it_is_an_edit(make: Make) -> None:
    world = make(connection("a"), connection("b", imports=(), edits="accept"))
    share(world)
    world.sync()
    world.rows("a")[0]["Title"] = "Deeper wells"
    typed = ["Wells, typed at once"]
    world.systems["b"].keep = lambda column, value: typed.pop() if column == "Title" and typed else value
    world.sync()
    assert not typed
    world.sync()
    assert world.rows("a")[0]["Title"] == world.rows("b")[0]["Title"] == "Wells, typed at once"
    assert world.quiet() == 0

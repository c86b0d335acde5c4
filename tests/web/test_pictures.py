"""Pictures are drawn to scale, say in words what they show, and tell no state by colour alone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

from hub.web.pictures import HEIGHT, Bar, Mark, meter, strip, timeline

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def parsed(picture: str) -> ElementTree.Element:
    root = ElementTree.fromstring(picture)
    assert root.get("role") == "img" and root.get("aria-label")
    assert not re.search(
        r"\sstyle=|<script|<a\b", picture
    )  # the content policy allows none, and a picture is no control
    return root


def test_every_state_of_a_run_has_a_shape_of_its_own() -> None:
    shapes = set()
    for state in ("fine", "failed", "delayed", "held", "running"):
        root = parsed(strip([Bar(state, 1, "words")], "one run"))
        drawn = [(e.tag, e.get("d"), e.get("y"), e.get("height")) for e in root.iter() if e.tag in ("rect", "path")]
        shapes.add(repr(drawn))
        assert [title.text for title in root.iter("title")] == ["words"]
    assert len(shapes) == 5


def test_a_run_that_moved_more_stands_higher_and_none_stands_out_of_the_picture() -> None:
    root = parsed(strip([Bar("fine", size, "") for size in (0, 1, 30, 10**9)], "four runs"))
    heights = [int(bar.get("height") or 0) for bar in root.iter("rect")]
    assert heights == sorted(set(heights)) and heights[0] > 0 and heights[-1] == HEIGHT
    assert all(int(bar.get("y") or 0) + int(bar.get("height") or 0) == HEIGHT for bar in root.iter("rect"))


def test_what_a_run_or_a_system_said_is_text_in_a_picture_and_never_more() -> None:
    for picture in (
        strip([Bar("fine", 1, "<b>&\"'")], "<i>"),
        meter(1, 2, 3, '" onload="x'),
        timeline([Mark(NOW, "<b>")], NOW - timedelta(hours=1), NOW, "<i>"),
    ):
        root = parsed(picture)
        assert {e.tag for e in root.iter()} <= {
            "svg",
            "rect",
            "path",
            "polygon",
            "title",
            "g",
        } and root.get("onload") is None


def test_a_timeline_places_what_happened_and_leaves_out_what_did_not_happen_then() -> None:
    start = NOW - timedelta(hours=24)
    marks = [
        Mark(start + timedelta(hours=6), "a quarter in", until=start + timedelta(hours=12)),
        Mark(start - timedelta(hours=1), "reaches in", until=start + timedelta(hours=3), lane=1),
        Mark(NOW - timedelta(seconds=1), "just now", until=NOW),
        Mark(start + timedelta(hours=12), "a deed"),
        Mark(start - timedelta(hours=3), "before", until=start - timedelta(hours=2)),
        Mark(NOW + timedelta(hours=1), "after"),
    ]
    root = parsed(timeline(marks, start, NOW, "a day", lanes=2))
    found = {e[0].text: e for e in root if e.tag != "path"}
    assert found.keys() == {"a quarter in", "reaches in", "just now", "a deed"}
    spans = {text: (float(e.get("x") or 0), float(e.get("width") or 0)) for text, e in found.items() if e.tag == "rect"}
    assert spans["a quarter in"] == (200, 200) and spans["reaches in"] == (0, 100)
    assert spans["just now"][0] + spans["just now"][1] == 800 and spans["just now"][1] >= 3  # seen at the edge
    assert int(found["reaches in"].get("y") or 0) >= HEIGHT and found["a deed"].tag == "polygon"


def test_in_a_timeline_what_went_wrong_stands_higher_than_what_went_well() -> None:
    marks = [Mark(NOW, state, state, NOW) for state in ("fine", "held", "failed")]
    root = parsed(timeline(marks, NOW - timedelta(hours=1), NOW, "an hour"))
    heights = [int(e.get("height") or 0) for e in root if e.tag == "rect"]
    assert heights == sorted(set(heights)) and heights[-1] <= HEIGHT


def test_a_meter_shows_what_is_used_where_it_stops_and_when_it_gets_tight() -> None:
    states = {}
    for used in (0, 50, 70, 80, 100, 140):
        rect, stop = parsed(meter(used, 80, 100, f"{used} of 100"))
        states[used] = rect.get("class")
        assert int(rect.get("width") or 0) == 400 * used // max(100, used) and (stop.get("d") or "").startswith("M")
    assert states == {0: "fine", 50: "fine", 70: "delayed", 80: "failed", 100: "failed", 140: "failed"}

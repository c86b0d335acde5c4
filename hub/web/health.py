"""Whether the hub lives and can work, for whoever watches it from outside: no sign-in, and nothing about any member."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from hub import pulse
from hub.app import Hub
from hub.web.guard import hub

pages = Blueprint("health", __name__)


@pages.get("/healthz")
def alive() -> tuple[Response, int]:
    """This process answers, and a clock ticks; 503 with since when it does not."""
    found = pulse.stands(hub())
    if found is None:
        return jsonify(status="ok"), 200
    since = found.since.isoformat(timespec="seconds") if found.since else None
    return jsonify(
        status="the clock stands", since=since, fix="Start `hub serve` anew, and look what it logged last."
    ), 503


@pages.get("/readyz")
def ready() -> tuple[Response, int]:
    problems = pulse.problems(hub())
    told = {"status": "not ready" if problems else "ok", "problems": problems, "configuration": "in force"}
    if hub().refused:
        told["configuration"] = "a changed file is refused, the one before is in force"
    return jsonify(told), 503 if problems else 200


def clock_stands(hub: Hub) -> pulse.Standing | None:
    """For the line that every page shows then."""
    return pulse.stands(hub)

"""Stopping at a safe place: between two pages or two writes. Long pauses are cut short by ``connectors.clock.StoppableTime``."""

from __future__ import annotations

from schemas.said import phrase

SAID = phrase("The hub was stopped. The next run goes on from there; nothing was lost.")
CANCELLED = phrase(
    "A person ended this run. What it had stored is kept, and the next run goes on from there; nothing was lost."
)


class Stopped(Exception):
    """The hub is to end: what this run has stored stays, and the rest is for the next one."""


class Cancelled(Exception):
    """The same where a person asked for the end of this one run."""

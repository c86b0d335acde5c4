"""Python's search for garbage, kept off what a process brings in as it starts and keeps until it ends."""

from __future__ import annotations

import gc
from importlib import import_module

OBJECTS = 20_000
"""New objects after which Python searches them for garbage; by itself it does so after 700, which a page of records makes many
times over. A tenth of a first sync goes into searching otherwise."""


def bring_in(*modules: str) -> None:
    """Import these, for a process that stays. They hold some 155,000 objects and hardly any garbage: searching them takes a tenth of
    the start, and 60 ms of everybody's time whenever all is searched later. So nothing is searched meanwhile, and they
    never again."""
    gc.disable()
    try:
        for name in modules:
            import_module(name)
        gc.freeze()
    finally:
        gc.enable()


def search_seldom() -> None:
    """From now on, for a process that syncs."""
    gc.set_threshold(OBJECTS, 20, 20)

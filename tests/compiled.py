"""What pages are compiled from, compiled once for all tests: templates and the builders of addresses. Every application of theirs
would compile its own, half of what a short test of pages costs."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from flask import Flask
from jinja2 import FileSystemBytecodeCache
from werkzeug.routing import Rule

_builders: dict[tuple[Any, ...], Any] = {}
_build = Rule._compile_builder


def once() -> None:
    folder = Path(sys.pycache_prefix or tempfile.mkdtemp()) / "templates"
    folder.mkdir(parents=True, exist_ok=True)
    Flask.jinja_options = {
        "bytecode_cache": FileSystemBytecodeCache(str(folder))
    }  # looks at each template's text first
    Rule._compile_builder = _builder  # type: ignore[method-assign]


def _builder(rule: Rule, append_unknown: bool = True) -> Any:
    """A function of what the rule says; it gets the rule itself, with its converters, when it is called."""
    key = tuple(rule._trace), repr(rule.defaults), append_unknown
    if key not in _builders:
        _builders[key] = _build(rule, append_unknown)
    return _builders[key]

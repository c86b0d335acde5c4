"""The pages' templates compiled once for all tests: every application of theirs would compile its own, a sixth of what a test of
pages costs. Jinja looks at each template's text before it takes what it kept."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from flask import Flask
from jinja2 import FileSystemBytecodeCache


def once() -> None:
    folder = Path(sys.pycache_prefix or tempfile.mkdtemp()) / "templates"
    folder.mkdir(parents=True, exist_ok=True)
    Flask.jinja_options = {"bytecode_cache": FileSystemBytecodeCache(str(folder))}

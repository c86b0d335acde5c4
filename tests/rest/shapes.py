"""Declarations of the stand-in: the same table, spoken to in different ways."""

from __future__ import annotations

from pathlib import Path

HEAD = """
title = "Stand-in"
base  = "/{style}"
[auth]
kind = "bearer"
[values]
style = "which address of the stand-in"
[errors]
message = ["error.message"]
[create]
path   = "/{object}"
record = "record"
[get]
path   = "/{object}/{id}"
record = "record"
[find]
path   = "/{object}"
params = { "{column}" = "{key}" }
[delete]
path = "/{object}/{id}"
"""

FOLLOWED = (
    HEAD.replace('record = "record"\n[find]', 'record = "record"\nparams = { deleted = "1" }\n[find]')
    + """
[record]
deleted = { field = "deleted", equals = true }
[list]
path    = "/{object}"
records = "records"
params  = { deleted = "1" }
paging  = { kind = "cursor", next = "next", param = "cursor", size = 2, size_param = "limit", total = "total" }
[feed]
kind   = "timestamp"
field  = "changed"
param  = "changed_since"
format = "iso"
[update]
path   = "/{object}/{id}"
record = "record"
guard  = "etag"
[describe]
path  = "/columns"
names = "columns"
"""
)
"""Cursor paging, a time of change, tombstones, ETags."""

COMPARED = (
    HEAD
    + """
[list]
path    = "/{object}"
records = "records"
paging  = { kind = "offset", param = "offset", size = 2, size_param = "limit", total = "total" }
[update]
path   = "/{object}/{id}"
record = "record"
"""
)
"""Paging by offset, no time of change, no proof of deletions, no versions."""


def written(folder: Path, text: str, name: str = "declared.toml") -> str:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return str(file)

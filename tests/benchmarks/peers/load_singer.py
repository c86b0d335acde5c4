"""The Singer SDK doing the one-way half: a tap and a SQLite target of its classes, joined by a pipe. ``python load_singer.py URL FILE``."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import measured

COLUMNS = ("id", "updated", "version", "title", "summary", "need", "activities", "impact", "organisation", "charity", "country",
           "website", "themes", "populations", "currency", "starts", "ends", "contact", "key")  # fmt: skip


def tap(config: str) -> None:
    from singer_sdk import RESTStream, Tap
    from singer_sdk import typing as th
    from singer_sdk.pagination import JSONPathPaginator

    class Records(RESTStream):
        name, path, primary_keys = "record", "/records", ("id",)
        records_jsonpath, next_page_token_jsonpath = "$.records[*]", "$.next"
        schema = th.PropertiesList(
            *(th.Property(name, th.StringType) for name in COLUMNS), th.Property("ask", th.IntegerType),
            th.Property("cost", th.IntegerType), th.Property("share", th.BooleanType),
        ).to_dict()  # fmt: skip

        @property
        def url_base(self) -> str:
            return self.config["url"]

        def get_new_paginator(self):
            return JSONPathPaginator("$.next")

        def get_url_params(self, context, next_page_token):
            return {"page": next_page_token or 1}

    class Paged(Tap):
        name = "tap-paged"
        config_jsonschema = th.PropertiesList(th.Property("url", th.StringType)).to_dict()

        def discover_streams(self):
            return [Records(self)]

    Paged.cli(["--config", config])


def target(config: str) -> None:
    from singer_sdk import typing as th
    from singer_sdk.sql import SQLConnector, SQLSink, SQLTarget

    class ToSQLite(SQLConnector):
        allow_merge_upsert = False

        def get_sqlalchemy_url(self, config):
            return f"sqlite:///{config['file']}"

    class Sink(SQLSink):
        connector_class = ToSQLite

        @property
        def schema_name(self):
            return None

    class Target(SQLTarget):
        name = "target-sqlite"
        default_sink_class = Sink
        config_jsonschema = th.PropertiesList(th.Property("file", th.StringType)).to_dict()

    Target.cli(["--config", config])


def work(url: str, file: str) -> int:
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.json"
        config.write_text(json.dumps({"url": url, "file": file}))
        me = [sys.executable, __file__]
        first = subprocess.Popen([*me, "tap", str(config)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        second = subprocess.Popen(
            [*me, "target", str(config)], stdin=first.stdout, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        assert first.stdout is not None
        first.stdout.close()
        assert second.wait() == 0 and first.wait() == 0, "tap or target failed"
    import sqlite3

    [(count,)] = sqlite3.connect(file).execute("SELECT count(*) FROM record")
    return count


if __name__ == "__main__":
    if sys.argv[1] in ("tap", "target"):
        {"tap": tap, "target": target}[sys.argv[1]](sys.argv[2])
    else:
        measured(lambda: work(sys.argv[1], sys.argv[2]))

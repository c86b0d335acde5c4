"""The floor: fetch, decode, one bulk upsert a page. What no program that moves these records can do without, and nothing else.

``python floor.py in|postgresql|rescan|push URL DATABASE``; prints a line of JSON.
"""

from __future__ import annotations

import hashlib
import sqlite3
import sys

import orjson
import requests
from measure import measured

COLUMNS = ("id", "updated", "version", "title", "summary", "need", "activities", "impact", "organisation", "charity", "country",
           "website", "themes", "populations", "ask", "cost", "currency", "starts", "ends", "contact", "share", "key")  # fmt: skip
BATCH = 200


def pages(url: str):
    session, page = requests.Session(), 1
    session.trust_env = False
    while page is not None:
        answer = orjson.loads(session.get(f"{url}/records", params={"page": page}).content)
        yield answer["records"]
        page = answer["next"]


def opened(path: str) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA page_size=8192")
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    return db


def into_sqlite(url: str, path: str) -> int:
    db, count = opened(path), 0
    db.execute(f"CREATE TABLE record ({', '.join(COLUMNS)}, PRIMARY KEY (id))")
    upsert = (
        f"INSERT INTO record VALUES ({', '.join(':' + c for c in COLUMNS)}) ON CONFLICT (id) DO UPDATE SET "
        + ", ".join(f"{c} = excluded.{c}" for c in COLUMNS[1:])
    )
    for rows in pages(url):
        db.execute("BEGIN IMMEDIATE")
        db.executemany(upsert, rows)
        db.execute("COMMIT")
        count += len(rows)
    return count


def into_postgresql(url: str, dsn: str) -> int:
    import psycopg

    count = 0
    with psycopg.connect(dsn) as db:
        db.execute("DROP TABLE IF EXISTS floor_record")
        db.execute(f"CREATE TABLE floor_record ({', '.join(f'{c} text' for c in COLUMNS)}, PRIMARY KEY (id))")
        for rows in pages(url):
            with db.cursor().copy(f"COPY floor_record ({', '.join(COLUMNS)}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row([None if row[c] is None else str(row[c]) for c in COLUMNS])
            db.commit()
            count += len(rows)
    return count


def prepared(url: str, path: str) -> None:
    """What the rescan compares with."""
    db = opened(path)
    db.execute("CREATE TABLE seen (id PRIMARY KEY, digest)")
    for rows in pages(url):
        db.execute("BEGIN IMMEDIATE")
        db.executemany("INSERT INTO seen VALUES (?, ?)", [(row["id"], digest(row)) for row in rows])
        db.execute("COMMIT")


def digest(row: dict) -> bytes:
    return hashlib.blake2b(orjson.dumps(row, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()


def rescan(url: str, path: str) -> int:
    """Fetch, decode, digest, compare."""
    db, count = sqlite3.connect(path), 0
    for rows in pages(url):
        marks = ",".join("?" * len(rows))
        known = dict(db.execute(f"SELECT id, digest FROM seen WHERE id IN ({marks})", [row["id"] for row in rows]))
        assert all(known[row["id"]] == digest(row) for row in rows)
        count += len(rows)
    return count


def push(url: str, path: str, size: int) -> int:
    """Encode, post the same batches, record the outcomes. What is posted was read before and is not counted."""
    db = opened(path)
    db.execute("CREATE TABLE outcome (number PRIMARY KEY, id, version)")
    session, count = requests.Session(), 0
    session.trust_env = False
    rows = READ
    for start in range(0, size, BATCH):
        batch = [
            rows[number % len(rows)] | {"key": f"key-{number:032}"} for number in range(start, min(start + BATCH, size))
        ]
        answer = session.post(f"{url}/records", data=orjson.dumps({"records": batch}))
        made = orjson.loads(answer.content)["records"]
        db.execute("BEGIN IMMEDIATE")
        db.executemany(
            "INSERT INTO outcome VALUES (?, ?, ?)",
            [(start + n, one["id"], one["version"]) for n, one in enumerate(made)],
        )
        db.execute("COMMIT")
        count += len(made)
    return count


READ: list[dict] = []

if __name__ == "__main__":
    what, url, path = sys.argv[1:4]
    if what == "rescan":
        prepared(url, path)
    if what == "push":
        READ += next(pages(url))
    work = {
        "in": lambda: into_sqlite(url, path),
        "postgresql": lambda: into_postgresql(url, path),
        "rescan": lambda: rescan(url, path),
        "push": lambda: push(url, path, int(sys.argv[4])),
    }[what]
    measured(work)

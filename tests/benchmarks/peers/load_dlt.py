"""dlt doing the one-way half: the same pages into SQLite or PostgreSQL. ``python load_dlt.py URL DESTINATION``, where the destination
is an address as SQLAlchemy spells it."""

from __future__ import annotations

import os
import sys
import tempfile

import requests
from measure import measured


def work(url: str, destination: str) -> int:
    import dlt

    count = 0

    @dlt.resource(name="record", primary_key="id", write_disposition="merge")
    def records():
        nonlocal count
        session, page = requests.Session(), 1
        session.trust_env = False
        while page is not None:
            answer = session.get(f"{url}/records", params={"page": page}).json()
            yield answer["records"]
            count += len(answer["records"])
            page = answer["next"]

    place = (
        dlt.destinations.sqlalchemy(destination)
        if destination.startswith("sqlite")
        else dlt.destinations.postgres(destination)
    )
    pipeline = dlt.pipeline("bench", destination=place, dataset_name="main", pipelines_dir=os.path.join(FOLDER, "dlt"))
    pipeline.run(records())
    return count


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as FOLDER:
        os.environ |= {"DLT_DATA_DIR": FOLDER, "RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "CRITICAL"}
        measured(lambda: work(sys.argv[1], sys.argv[2]))

"""Pages and syncs together for a while: everything is answered, every sync ends well, and memory stays flat.

``HUB_SOAK_SECONDS`` says for how long; `make secure` takes ten minutes.
"""

from __future__ import annotations

import os
import re
import sqlite3
import statistics
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from hub.demo.stage import PASSWORD, PEOPLE, Stage
from tests.town import HUB, Town

READERS = 4
PAGES = ("/", "/queue", "/connections", "/opportunities", "/opportunities.csv", "/export/file?format=xlsx", "/people", "/sessions",
         "/does-it-work", "/sign-in", "/nowhere", "/opportunities?q=water")  # fmt: skip


class Soaked(Town):
    """Syncs every few seconds, as the demo does."""

    def __enter__(self) -> Soaked:
        Stage.__enter__(self)
        return self


def resident(pid: int) -> float:
    """MB that the process has in memory."""
    text = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"^VmRSS:\s+(\d+) kB", text, re.M)
    assert found is not None
    return int(found[1]) / 1024


def sign_in(url: str, email: str) -> requests.Session:
    browser = requests.Session()
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get(f"{url}/sign-in", timeout=30).text)
    assert token is not None
    form = {"csrf_token": token[1], "email": email, "password": PASSWORD}
    assert browser.post(f"{url}/sign-in", data=form, timeout=60, allow_redirects=False).status_code == 303
    return browser


@pytest.mark.secure
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="How much memory a process has is read from /proc.")
def test_pages_and_syncs_together_keep_answering_and_memory_stays_flat() -> None:
    seconds = float(os.environ.get("HUB_SOAK_SECONDS", "600"))
    with Soaked() as town:
        town.invite()
        command = [*HUB, "serve", "--port", "0", "--config", str(town.config)]
        log = (town.folder / "log").open("w")
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, cwd=town.folder)
        assert process.stdout is not None
        url = next(word for word in process.stdout.readline().split() if word.startswith("http://"))
        wrong: list[str] = []
        counts: list[int] = []
        over = threading.Event()

        def read(email: str) -> None:
            browser, asked = sign_in(url, email), 0
            while not over.is_set():
                page = PAGES[asked % len(PAGES)]
                answer = browser.get(url + page, timeout=60)
                expected = {"/nowhere": {404}, "/does-it-work": {200, 403}}.get(
                    page, {200, 403 if page == "/people" else 200}
                )
                if answer.status_code not in expected:
                    wrong.append(f"{page}: {answer.status_code}")
                asked += 1
                over.wait(0.02)
            counts.append(asked)

        def edit() -> None:
            """Somebody works in a system all the while, so that there is something to sync."""
            row, number = town.salesforce.rows("outfunds__Funding_Request__c")[0], 0
            while not over.wait(2):
                number += 1
                town.salesforce.write("outfunds__Funding_Request__c", str(row["Id"]), {"Name": f"Wells {number}"})

        workers = [threading.Thread(target=read, args=(PEOPLE[n % len(PEOPLE)][2],)) for n in range(READERS)]
        workers.append(threading.Thread(target=edit))
        for worker in workers:
            worker.start()
        sizes: list[float] = []
        until = time.monotonic() + seconds
        while time.monotonic() < until and process.poll() is None:
            time.sleep(min(1.0, seconds / 60))
            sizes.append(resident(process.pid))
        over.set()
        for worker in workers:
            worker.join(70)
        alive = process.poll() is None
        process.terminate()
        assert process.wait(60) == 0 and alive
        process.stdout.close()
        log.close()
        states = runs(town)
        told = (town.folder / "log").read_text()
    later = sizes[len(sizes) // 3 :]  # what a process takes to know its pages and tables it takes once
    first, last = statistics.median(later[: len(later) // 4]), statistics.median(later[-(len(later) // 4) :])
    print(
        f"\n{seconds:.0f} s: {sum(counts)} pages, {states} runs, {first:.1f} MB, then {last:.1f} MB (peak {max(sizes):.1f})"
    )
    assert wrong == [] and sum(counts) > seconds
    assert states.get("done", 0) > seconds / 10 and set(states) <= {"done", "running", "interrupted"}, states
    assert '"level": "error"' not in told and "Traceback" not in told, told[-2000:]
    assert last - first < max(4.0, 0.03 * first), "memory grows"


def runs(town: Any) -> dict[str, int]:
    with sqlite3.connect(town.folder / "hub.db") as store:
        return dict(store.execute("SELECT state, count(*) FROM run GROUP BY state").fetchall())

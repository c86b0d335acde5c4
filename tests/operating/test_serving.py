"""A real ``hub serve``: what it logs, what it says of its health, what Prometheus reads, and how it stops."""

from __future__ import annotations

import ctypes
import json
import os
import re
import signal
import sqlite3
import sys
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.airtable.sandbox_limits import Limit
from connectors.clock import SystemTime
from connectors.sandbox_faults import Fault
from hub.app import open_hub
from hub.config_files import load
from hub.demo.seeds import OFFICER, SECRET
from hub.demo.stage import PASSWORD, Stage
from hub.mail import sending
from tests.mailserver import mail_server
from tests.operating.serving import Served, serving
from tests.town import TABLE, Town

NAME, ADDRESS, PHONE = "Zuzanna Kanarek", "zuzanna.kanarek@canary.test", "+44 20 7946 0991"
FAULTS = f"""
import hub.web.app, hub.sync.references as references, hub.web.board as board
before, text = references.add_chosen, {f"{NAME} {ADDRESS} {PHONE} zz-in-exception"!r}
def add_chosen(turn):
    if turn.name == "corrie-sheet":
        try:
            int(text)
        except ValueError as error:
            raise RuntimeError(text) from error
    return before(turn)
def page(*args, **kwargs):
    raise ValueError(text)
references.add_chosen = add_chosen
board._troubles = page
"""
SECRETS = {
    "HUB_SECRET": "zz-web-secret-4711",
    "HUB_MAIL": "zz-mail-password-4711",
    "HOOK": "https://hooks.test/zz-hook-path",
}
CANARIES = (NAME, "Kanarek", ADDRESS, PHONE, "zz-", SECRET, OFFICER, *SECRETS.values())


def canaries_in(text: str) -> list[str]:
    return [canary for canary in CANARIES if canary in text or canary in urllib.parse.unquote(text)]


@pytest.fixture(scope="module")
def shown() -> Iterator[tuple[Served, Stage, dict[str, Any]]]:
    """A hub that met a canary in every way that something can come in, and was told to stop."""
    with Town() as town, mail_server() as mails:
        town.change('"file:web-secret"', '"env:HUB_SECRET"')
        with town.config.open("a") as file:
            file.write(f'[mail]\nhost = "127.0.0.1"\nport = {mails.port}\ntls = "none"\nfrom = "hub@commons.test"\n'
                       'user = "hub"\npassword = "env:HUB_MAIL"\n[metrics]\nlisten = "127.0.0.1:0"\n[log]\nlevel = "debug"\n'
                       '[members.corrie.alerts]\nwebhook = "env:HOOK"\n')  # fmt: skip
        invited(town)
        text = f"{NAME} {ADDRESS} {PHONE} zz-in-record"
        town.saffron.write(TABLE, None, {"Title": text, "Summary": text, "Share": True})
        town.sheet.write_text(town.sheet.read_text() + f"77,{text},{text},yes\n")
        town.corrie.misbehave(Fault("status", method="GET", status=422, body=f'{{"error": {{"type": "X", "message": "{text}"}}}}', times=50))  # fmt: skip
        mails.answers += [f"451 {text}"] * 5
        with serving(town.config, FAULTS, **SECRETS) as served:
            answers = visited(served, text)
            answers["seconds"], answers["code"] = served.end(), served.process.returncode
            town.change('level = "debug"\n', 'level = "debug"\nfile = "log/sync.json"\n')
            answers["sync"] = town.hub("sync", code=None, **SECRETS)
            yield served, town, answers


def invited(town: Town) -> None:
    """People, and a mail that waits."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SECRETS.items():
            patch.setenv(name, value)
        town.invite()
        hub = open_hub(load(town.config))
        with hub.writing() as conn:
            sending.queue(conn, hub, ADDRESS, f"zz-subject {NAME}", "zz-body")
        hub.engine.dispose()


def visited(served: Served, text: str) -> dict[str, Any]:
    def ended() -> bool:
        return sum(line["event"] == "the run ended" for line in served.lines()) >= 5

    served.until(ended, "Five connections were to run.")
    served.until(
        lambda: any("mails could not be sent" in event for event in served.events()), "A mail was to be refused."
    )
    session = requests.Session()
    session.trust_env = False

    def post(path: str, **form: str) -> requests.Response:
        token = re.search(r'name="csrf_token" value="([^"]+)"', session.get(served.url + "/opportunities").text)
        assert token is not None
        return session.post(served.url + path, data=form | {"csrf_token": token[1]})

    assert post("/sign-in", email=ADDRESS, password="zz-wrong-password").status_code != 200
    assert post("/sign-in", email=OFFICER, password=PASSWORD).status_code in (200, 500)
    found: dict[str, Any] = {"broken": session.get(served.url + "/?q=" + urllib.parse.quote(text))}
    session.get(served.url + "/opportunities", params={"text": text})
    post("/people/invite", email=f"{ADDRESS}, and more", name=text, role="staff")
    bad = {"Authorization": "Bearer hubt_zz-bad-token-4711", "Idempotency-Key": text.encode().hex()}
    found["api"] = requests.post(served.url + "/api/v1/opportunities", json={"title": text}, headers=bad, timeout=20)
    requests.get(served.url + "/welcome/" + "ab" * 32, timeout=20)
    found["trace"] = requests.request("TRACE", served.url + "/sign-in", timeout=20)
    found["health"], found["ready"] = served.ask("/healthz"), served.ask("/readyz")
    port = next(line["metrics_port"] for line in served.lines() if line["event"] == "started")
    found["metrics"] = served.ask("/metrics", f"http://127.0.0.1:{port}")
    found["no metrics"] = served.ask("/metrics")
    return found


def test_no_secret_and_nothing_of_a_person_is_in_the_log(shown: tuple[Served, Stage, dict[str, Any]]) -> None:
    served, _town, _ = shown
    log = served.log.read_text()
    assert len(served.lines()) > 15, log
    assert canaries_in(log) == [] and PASSWORD not in log and "hubt_" not in log and "abababab" not in log


def test_nor_is_it_in_the_log_of_a_sync_by_hand_and_people_read_plain_text(
    shown: tuple[Served, Stage, dict[str, Any]],
) -> None:
    _, town, found = shown
    log = (town.folder / "log" / "sync.json").read_text()
    ended = [line for line in map(json.loads, log.splitlines()) if line["event"] == "the run ended"]
    assert len(ended) == 5 and all(line["run"] and line["connection"] for line in ended) and canaries_in(log) == []
    assert found["sync"].stdout.startswith("alder-salesforce") and found["sync"].stderr == ""


def test_each_line_says_when_how_bad_and_from_where_in_utc(shown: tuple[Served, Stage, dict[str, Any]]) -> None:
    for line in shown[0].lines():
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", line["at"]) and line["level"] and line["from"], (
            line
        )


def test_a_run_that_broke_is_found_by_its_number_and_says_where_without_its_words(
    shown: tuple[Served, Stage, dict[str, Any]],
) -> None:
    line = next(line for line in shown[0].lines() if "the run stopped" in line["event"])
    assert line["connection"] == "corrie-sheet" and line["error"] == "RuntimeError" and line["after"] == "ValueError"
    assert any(frame.startswith("hub/sync/run.py:") for frame in line["trace"])
    with sqlite3.connect(shown[1].folder / "hub.db") as store:
        (kept,) = store.execute("SELECT error FROM run WHERE id = ?", (line["run"],)).fetchone()
    assert "zz-in-exception" in kept, "its own people read on the run's page what the log must not hold"


def test_a_page_that_broke_shows_the_number_by_which_the_log_has_it(
    shown: tuple[Served, Stage, dict[str, Any]],
) -> None:
    page = shown[2]["broken"]
    lines = [line for line in shown[0].lines() if line["event"] == "A page failed" and line["request_id"] in page.text]
    assert page.status_code == 500 and [line["error"] for line in lines] == ["ValueError"]
    assert canaries_in(page.text) == []


def test_a_refused_call_is_noted_by_its_page_and_not_by_its_address(
    shown: tuple[Served, Stage, dict[str, Any]],
) -> None:
    assert shown[2]["api"].status_code == 401
    line = next(line for line in shown[0].lines() if line.get("page") == "api.create")
    assert line["status"] == 401 and line["level"] == "info" and line["request_id"]


def test_who_comes_and_who_is_refused_is_noted_and_a_trace_is_not_answered(
    shown: tuple[Served, Stage, dict[str, Any]],
) -> None:
    entered = [line["status"] for line in shown[0].lines() if line.get("page") == "sign_in.enter"]
    assert len(entered) == 2 and entered[0] != 303 and entered[1] == 303
    assert shown[2]["trace"].status_code == 405 and "TRACE /" not in shown[2]["trace"].text


def test_a_running_hub_is_healthy_and_ready_and_its_health_names_no_member(
    shown: tuple[Served, Stage, dict[str, Any]],
) -> None:
    (alive, says), (ready, also) = shown[2]["health"], shown[2]["ready"]
    assert (alive, ready) == (200, 200), (says, also)
    assert "alder" not in says + also and canaries_in(says + also) == []


def test_prometheus_reads_numbers_on_a_port_of_their_own_and_no_value_of_a_record(
    shown: tuple[Served, Stage, dict[str, Any]],
) -> None:
    from prometheus_client.parser import text_string_to_metric_families

    status, text = shown[2]["metrics"]
    assert status == 200 and shown[2]["no metrics"][0] in (302, 404), "the pages' own port has none"
    families = {family.name: family for family in text_string_to_metric_families(text)}
    runs = {
        (s.labels["connection"], s.labels["state"]): s.value
        for s in families["hub_runs"].samples
        if s.name == "hub_runs_total"
    }
    assert runs[("saffron-airtable", "done")] >= 1 and runs[("corrie-sheet", "failed")] >= 1
    assert (
        families["hub_last_tick_age_seconds"].samples[0].value < 60
        and families["hub_outbox_waiting"].samples[0].value >= 1
    )
    for name in ("hub_run_seconds", "hub_records", "hub_http_requests", "hub_conflicts_open", "hub_connection_held",
                 "hub_connection_quarantined", "hub_opportunities_published", "hub_intents_open", "hub_database_up"):  # fmt: skip
        assert families[name].samples, name
    labels = {key for family in families.values() for sample in family.samples for key in sample.labels}
    assert labels <= {"connection", "state", "what", "page", "method", "status", "le"} and canaries_in(text) == []


def test_told_to_stop_it_ends_in_order_within_seconds(shown: tuple[Served, Stage, dict[str, Any]]) -> None:
    served, town, found = shown
    assert found["code"] == 0 and found["seconds"] < 20 and served.events()[-1] == "stopped"
    with sqlite3.connect(town.folder / "hub.db") as store:
        assert store.execute("SELECT count(*) FROM process").fetchone() == (0,)
        assert store.execute("SELECT count(*) FROM connection WHERE owner IS NOT NULL").fetchone() == (0,)


def slow(town: Town) -> None:
    """Saffron answers so slowly that a run is met at its work."""
    for number in range(120):
        town.saffron.write(TABLE, None, {"Title": f"Well {number}", "Share": True})
    town.saffron.misbehave(Fault("delay", path=f"/{TABLE}", seconds=0.7, times=100))


def test_a_run_in_hand_ends_after_its_page_and_the_next_one_goes_on_and_doubles_nothing(town: Town) -> None:
    slow(town)
    with serving(town.config) as served:
        served.until(lambda: len(town.saffron.calls("GET", f"/{TABLE}")) >= 1, "It was to read Saffron.")
        assert served.end() < 15 and served.process.returncode == 0
        ended = {line["connection"]: line for line in served.lines() if line["event"] == "the run ended"}
        assert ended["saffron-airtable"]["state"] == "interrupted"
    with sqlite3.connect(town.folder / "hub.db") as store:
        state, failures, owner = store.execute(
            "SELECT (SELECT state FROM run WHERE connection_id = c.id), failures, owner FROM connection c WHERE id = 'saffron-airtable'"
        ).fetchone()
    assert (state, failures, owner) == ("interrupted", 0, None), "no failure, and nobody has to wait for its lease"
    town.saffron.behave()
    town.saffron.limit = Limit(SystemTime(), None)  # another process knows nothing of the first one's calls
    assert town.sync("saffron-airtable")["saffron-airtable"]["state"] == "done"
    with sqlite3.connect(town.folder / "hub.db") as store:
        (count,) = store.execute("SELECT count(*) FROM opportunity WHERE title LIKE 'Well %'").fetchone()
    assert count == 120


@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux sends a signal to one thread of another process.")
def test_a_signal_that_comes_to_another_thread_stops_it_as_well(town: Town) -> None:
    """The kernel may choose any thread; Python calls its handler in the main one, which has to be awake for that. Once in a
    while a hub that waited without end slept on."""
    with serving(town.config) as served:
        served.until(lambda: "started" in served.events(), "It was to start.")
        threads = [int(entry.name) for entry in Path(f"/proc/{served.process.pid}/task").iterdir()]
        other = max(thread for thread in threads if thread != served.process.pid)
        assert ctypes.CDLL(None, use_errno=True).tgkill(served.process.pid, other, signal.SIGTERM) == 0
        served.process.wait(30)
        assert served.process.returncode == 0 and served.events()[-1] == "stopped"


@pytest.mark.parametrize("time_of_its_own", [0, 0.01, 0.1, 0.5, 1.5])
def test_however_soon_it_is_told_to_stop_it_stops_in_order(town: Town, time_of_its_own: float) -> None:
    """``HUB_STARTS`` of each, by hand: ten make fifty."""
    for _ in range(int(os.environ.get("HUB_STARTS", "1"))):
        with serving(town.config) as served:
            served.until(lambda served=served: "started" in served.events(), "It was to start.")  # type: ignore[misc]
            time.sleep(time_of_its_own)
            assert served.end() < 30 and served.process.returncode == 0
            assert served.events()[-1] == "stopped"


def test_a_second_signal_ends_it_at_once(town: Town) -> None:
    town.saffron.misbehave(Fault("delay", path=f"/{TABLE}", seconds=8, times=3))
    with serving(town.config) as served:
        served.until(lambda: any("Saffron" for call in town.saffron.seen), "It was to call Saffron.")
        time.sleep(1.5)
        served.process.send_signal(signal.SIGTERM)
        served.until(lambda: any("told to stop" in event for event in served.events()), "It was to be told.")
        assert served.end() < 3 and served.process.returncode == 128 + signal.SIGTERM
        assert "a second time" in served.events()[-1]


def test_a_pause_that_a_system_asked_for_keeps_nobody_from_stopping(town: Town) -> None:
    town.saffron.misbehave(Fault("status", path=f"/{TABLE}", status=503, headers={"Retry-After": "25"}, times=10))
    with serving(town.config) as served:
        served.until(lambda: town.saffron.calls("GET", f"/{TABLE}"), "It was to call Saffron.")
        time.sleep(0.5)
        calls = len(town.saffron.calls("GET", f"/{TABLE}"))
        assert served.end() < 12 and served.process.returncode == 0
        assert len(town.saffron.calls("GET", f"/{TABLE}")) == calls, (
            "stopping is no reason to call before the time that was asked for"
        )
        state = next(
            line["state"]
            for line in served.lines()
            if line.get("connection") == "saffron-airtable" and line["event"] == "the run ended"
        )
        assert state == "interrupted"

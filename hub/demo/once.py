"""One full round without a browser: what moved, and whether it is all that should have."""

from __future__ import annotations

import csv
from collections.abc import Callable
from typing import Any

from hub.app import Hub
from hub.demo import seeds, waiting
from hub.demo.samples import ALDER, CORRIE, CORRIE_SHEET, SAFFRON, Sample
from hub.demo.screen import INBOX
from hub.demo.seeds import REQUEST
from hub.demo.stage import Stage
from hub.store import lists
from hub.sync.run import RunResult, sync_all

TABLE = "Opportunities"
Say = Callable[[str], None]
Sync = Callable[[Hub], list[RunResult]]


def play(hub: Hub, stage: Stage, say: Say, sync: Sync = sync_all) -> bool:
    """Sync, edit, sync again, and once more for quiet. True only if every expected thing happened."""
    first = {r.connection: r for r in sync(hub)}
    held = _held(hub, first, stage)
    for later in sync(hub):
        _went_on(first[later.connection], later)
    inbox = first.pop(INBOX)
    found = [held, *_arrived(first, stage), *_waits(inbox, stage), *_travelled(hub, stage, sync),
             *_disputed(hub, stage, sync), *_quiet(hub, stage, sync)]  # fmt: skip
    say(
        f"{'connection':<18} {'state':<8} {'read':>5} {'shared':>7} {'imported':>9} {'written back':>13} {'not shared':>11}"
    )
    for result in (*first.values(), inbox):
        c = result.counts
        say(
            f"{result.connection:<18} {result.state:<8} {c['read']:>5} {c['created']:>7} {c['pushed_new']:>9} "
            f"{c['pushed']:>13} {c['not_shared']:>11}"
        )
        if result.message:
            say(f"{'':<18} {result.message}")
    say("")
    for happened, what in found:
        say(f"  {'yes' if happened else 'NO '}  {what}")
    return all(happened for happened, _ in found)


def _held(hub: Hub, results: dict[str, RunResult], stage: Stage) -> tuple[bool, str]:
    """The sheet's first sync shares nothing before somebody has looked."""
    there = str(stage.saffron.rows(TABLE)) + str(stage.salesforce.rows(REQUEST))
    quiet = not any(sample.title in there for sample in CORRIE_SHEET)
    held = results[waiting.SHEET].state == "held" and waiting.approve(hub)
    return held and quiet, f"{waiting.SHEET}'s first sync waited until somebody had looked"


def _went_on(result: RunResult, later: RunResult) -> None:
    """What a connection's second run did counts with its first; what it read again does not."""
    result.state, result.message = later.state, later.message
    result.counts.update({name: number for name, number in later.counts.items() if name in ("created", "pushed_new", "pushed")})  # fmt: skip


def _arrived(results: dict[str, RunResult], stage: Stage) -> list[tuple[bool, str]]:
    own = {
        "alder-salesforce": ALDER,
        "saffron-airtable": SAFFRON,
        "corrie-airtable": CORRIE,
        "corrie-sheet": CORRIE_SHEET,
    }
    shared = {name: [s for s in samples if s.shared] for name, samples in own.items()}
    wanted = {
        name: [s for other, samples in shared.items() if other != name for s in samples if _imports(name, s)]
        for name in own
    }
    found = [(all(r.state == "done" for r in results.values()), "every connection synced to its end")]
    for name, result in results.items():
        found += [
            (result.counts["created"] == len(shared[name]), f"{name} shared its {len(shared[name])} ticked records"),
            (
                result.counts["pushed_new"] == len(wanted[name]),
                f"{len(wanted[name])} records of others arrived in {name}",
            ),
        ]
    titles = {row["Name"] for row in stage.salesforce.rows(REQUEST)}
    found.append(
        (
            all(s.title[:80] in titles for s in wanted["alder-salesforce"]),
            "Salesforce shows them by title, Arabic ones too",
        )
    )
    text = str(stage.saffron.rows(TABLE)) + str(stage.corrie.rows(TABLE))
    private = [s.title for s in ALDER if not s.shared]
    found.append((not any(title in text for title in private), "nothing unticked left Alder's Salesforce"))
    with stage.sheet.open(encoding="utf-8-sig") as file:
        found.append(
            (all(row["Commons ID"] for row in csv.DictReader(file)), "the spreadsheet's rows carry their Commons ID")
        )
    return found


def _waits(result: RunResult, stage: Stage) -> list[tuple[bool, str]]:
    """What Corrie Lane looks for and does not import by a rule."""
    titles = {row["fields"].get("Title") for row in stage.corrie.rows(seeds.INBOX)}
    others = {s.title for s in (*ALDER, *SAFFRON) if s.shared and "Health" in s.themes}
    wanted = {
        title
        for title in others
        if not _imports("corrie-airtable", next(s for s in (*ALDER, *SAFFRON) if s.title == title))
    }
    fine = result.state == "done" and bool(titles) and wanted <= titles <= others
    return [(fine, f"{len(titles)} of others wait in Corrie Lane's inbox")]


def _imports(name: str, sample: Sample) -> bool:
    themes = {"Education", "Climate", "Water and sanitation"}
    return name != "corrie-sheet" and (name != "corrie-airtable" or not themes.isdisjoint(sample.themes))


def _travelled(hub: Hub, stage: Stage, sync: Sync) -> list[tuple[bool, str]]:
    """An edit at home arrives elsewhere; a pipeline at home does not."""
    row = next(r for r in stage.salesforce.rows(REQUEST) if r["Name"] == ALDER[0].title)
    stage.salesforce.write(
        REQUEST, str(row["Id"]), {"Name": "Wells for the whole valley", "outfunds__Status__c": "Rejected"}
    )
    results = sync(hub)
    copy = _copy(stage.saffron.rows(TABLE), row["Commons_Id__c"] or "")
    back = next(r for r in stage.salesforce.rows(REQUEST) if r["Id"] == row["Id"])
    return [
        (all(r.state == "done" for r in results), "the second sync went to its end as well"),
        (copy.get("Title") == "Wells for the whole valley", "a title changed in Salesforce changed in Airtable"),
        ("Stage" not in copy and "Amount awarded" not in copy, "Alder's stage and amount stayed with Alder"),
        (bool(back["Commons_Gap__c"]), "Salesforce shows what is still open"),
    ]


def _disputed(hub: Hub, stage: Stage, sync: Sync) -> list[tuple[bool, str]]:
    """Two edits of one field wait for a person, and neither is lost."""
    waiting.disagree(stage)
    results = sync(hub)
    with hub.reading() as conn:
        open_ = lists.conflicts(conn, ["alder-salesforce", "saffron-airtable"], "alder")
    kept = _copy(stage.saffron.rows(TABLE), _key(stage, waiting.DISPUTED)).get("Amount requested")
    return [
        (
            [row.path for row in open_] == ["ask.requested"] and all(r.state == "done" for r in results),
            "an amount that two foundations changed waits for a person",
        ),
        (kept == waiting.DISPUTED.amount - 8_500, "and neither was overwritten"),
    ]


def _key(stage: Stage, sample: Sample) -> str:
    return next(row["Commons_Id__c"] or "" for row in stage.salesforce.rows(REQUEST) if row["Name"] == sample.title)


def _copy(rows: list[dict[str, Any]], key: str) -> dict[str, Any]:
    return next((r["fields"] for r in rows if r["fields"].get("Commons ID") == key), {})


def _quiet(hub: Hub, stage: Stage, sync: Sync) -> list[tuple[bool, str]]:
    sandboxes = (stage.salesforce, stage.saffron, stage.corrie)
    before = [len(s.seen) for s in sandboxes]
    sheet = stage.sheet.read_bytes()
    results = sync(hub)
    later = [seen for s, count in zip(sandboxes, before, strict=True) for seen in list(s.seen)[count:]]
    wrote = [seen for seen in later if seen.method != "GET" and not seen.path.endswith("/token")]
    return [
        (
            not wrote and all(r.state == "done" for r in results) and stage.sheet.read_bytes() == sheet,
            "another sync had nothing left to write",
        )
    ]

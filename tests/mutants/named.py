"""The named mistakes: where they are made, and what stands there then."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """``old`` occurs exactly once in ``file``; the mistake puts ``new`` in its place."""

    name: str
    file: str
    old: str
    new: str


RECONCILE = "hub/sync/reconcile.py"
PUSH = "hub/sync/push.py"
WRITTEN = "hub/sync/written.py"
PLAN = "hub/sync/plan.py"
PULL = "hub/sync/pull.py"
DELETIONS = "hub/sync/deletions.py"

MUTANTS = (
    Mutant(
        "a rule favours the other side", RECONCILE,
        "    if winner == standing.connection:\n", "    if winner is not None and winner != standing.connection:\n",
    ),
    Mutant("a rule is ignored", RECONCILE, "    winner = _winner(path, standing)\n", "    winner = None\n"),
    Mutant(
        "resolving a conflict changes nothing", "hub/sync/resolve.py",
        "conn, opportunity, {path: value}, cause, origin=origin", "conn, opportunity, {}, cause, origin=origin",
    ),
    Mutant(
        "a create becomes a delete", PUSH,
        "lambda: turn.connector.create(drafts)",
        "lambda: turn.connector.delete([r.id for p in turn.connector.changes(None) for r in p.records][: len(drafts)])",
    ),
    Mutant(
        "no guard against mass changes", "hub/sync/guards.py",
        "        return count > max(self.floor, self.share * links)\n", "        return False\n",
    ),
    Mutant(
        "the version decides whether a record changed", PULL,
        "(link if link is not None and unchanged(turn, link, raw) else None)\n",
        '(link if link is not None and link.state == "linked" and link.remote_version == record.version else None)\n',
    ),
    Mutant(
        "the wrong side is written", RECONCILE,
        "        return say(Action.PUSH) if turned else say(Action.NOTHING)\n",
        "        return say(Action.TAKE, theirs) if turned else say(Action.NOTHING)\n",
    ),
    Mutant(
        "a failed write moves the base all the same", PUSH,
        "            if error is None:\n                record",
        '            if error is None or (item.link is not None and item.action == "update"):\n                record',
    ),
    Mutant(
        "deletions never reach anybody", DELETIONS,
        '        if link.state != "linked":\n            continue\n', "        if link.id:\n            continue\n",
    ),
    Mutant(
        "a deletion beats an edit",
        DELETIONS,
        "        answer = _standing_answer(conn, turn, row) if asked else",
        '        answer = "withdrawn" if asked else',
    ),
    Mutant(
        "edits of one side go unseen", RECONCILE,
        "    turned = not unmoved and not same(path, ours, base)\n", "    turned = False\n",
    ),
    Mutant(
        "the base stays where it was after our own write", WRITTEN,
        "    base = kept if old is None else old | {c: kept.get(c) for c in intent.fields if c in kept}\n",
        "    base = kept if old is None else old\n",
    ),
    Mutant(
        "whatever is read back is the system's own form", WRITTEN,
        "for c in typed_since(turn.mapping, back, intent.fields)}", "for c in ()}",
    ),
    Mutant(
        "the base is what was sent, not what was read back", WRITTEN,
        "    back = turn.mapping.reduce(record.fields)\n    # Typed",
        "    back = turn.mapping.reduce(record.fields) | intent.fields\n    # Typed",
    ),
    Mutant(
        "the cursor moves before the last page", "connectors/window.py",
        "        if not last:\n            return None\n", "",
    ),
    Mutant(
        "rows with the same stamp are skipped", "connectors/window.py", 'f"{column} >= {literal}"', 'f"{column} > {literal}"',
    ),
    Mutant(
        "no overlap with the reading before", "connectors/window.py",
        "self._newest - self._overlap", "self._newest + (self._overlap - self._overlap)",
    ),
    Mutant(
        "a record that a listing does not show is deleted", "hub/sync/absence.py",
        "[answer.id for answer in found.values() if isinstance(answer, Gone)]", "asked",
    ),
    Mutant(
        "a record that may not be seen is deleted", DELETIONS,
        'elif row.state == "told" or (row.state == "look" and isinstance(answer, Gone)):\n',
        'elif row.state in ("told", "look"):\n',
    ),
    Mutant(
        "a record that came back stays gone", DELETIONS,
        "            if isinstance(answer, Record):\n", "            if isinstance(answer, Record) and not answer.id:\n",
    ),
    Mutant(
        "a cleared value counts as missing", RECONCILE,
        "    moved = not agrees if base is _ABSENT else not same(path, theirs, base)\n",
        "    moved = theirs is not None and (not agrees if base is _ABSENT else not same(path, theirs, base))\n",
    ),
    Mutant(
        "values that the mapping does not know are dropped on write", "mappings/lenses/choices.py",
        "            if code_of(item) is None or code_of(item) in wanted or item in shown\n",
        "            if code_of(item) in wanted or item in shown\n",
    ),
    Mutant(
        "a write is repeated when its answer is lost", "connectors/transport.py",
        "    if failure.sent and not rules.repeatable:\n", "    if failure.sent and not rules.repeatable and not str(failure):\n",
    ),
    Mutant(
        "nobody looks before creating again", "hub/sync/recover.py",
        '    found = turn.connector.find(str(intent.fields[turn.mapping.key or ""]))\n',
        "    found: list[Record] = []\n",
    ),
    Mutant(
        "a stale worker goes on writing", "hub/jobs/lease.py",
        '(t.c.fence == bindparam("mine"))', '(t.c.fence >= bindparam("mine"))',
    ),
    Mutant(
        "the last one read wins", RECONCILE,
        '    return say(Action.CONFLICT, reason="Changed on both sides since they last agreed.")\n',
        "    return say(Action.TAKE, theirs)\n",
    ),
    Mutant(
        "a conflict closes when one side moves again", "hub/sync/conflicts.py",
        "    waiting.change_conflict(conn, conflict.id, parties=conflict.parties, rev=conflict.rev)\n\n\ndef _has",
        '    waiting.change_conflict(conn, conflict.id, state="resolved", choice=decision.theirs, resolved_by="hub")\n\n\ndef _has',
    ),
    Mutant(
        "a member's own position is sent to others", "hub/commons/view.py",
        "        | (dict(own.facts) if own else {})\n",
        "        | {path: value for c in commitments.values() for path, value in c.facts.items()}\n",
    ),
    Mutant(
        "another member's record is closed", PLAN,
        "        columns |= {c: v for c, v in turn.mapping.withdrawn_columns().items() if base.get(c) != v}\n",
        '        columns |= {c: "Closed" for part in turn.mapping.fields if part.path == "commitment.stage"'
        ' for c in part.columns if base.get(c) != "Closed"}\n',
    ),
    Mutant(
        "a pipeline stage is disclosed", "hub/commons/ledger.py",
        'return facts.get("commitment.visibility") in DISCLOSED and ', "return ",
    ),
    Mutant(
        "a changed mapping does not read the base again", PULL,
        "    anew = row.mapping_digest != turn.mapping.digest or row", "    anew = row",
    ),
    Mutant(
        "what a broken run stored is judged by nobody", "hub/store/runs.py",
        '    left = (t.c.state == "running") | t.c.id.in_(union(select(pending.c.run_id), arriving))\n',
        '    left = (t.c.state == "running") & t.c.id.in_(union(select(pending.c.run_id), arriving)) & t.c.id.is_(None)\n',
    ),
    Mutant(
        "a late page brings a deleted record back", PULL,
        '            elif link.state == "stopped":\n',
        '            elif link.state == "stopped" and not links.change(conn, link.id, state="linked"):\n'
        "                apply_record(conn, turn, known, link, record, raw)\n"
        '            elif link.state == "stopped":\n',
    ),
    Mutant(
        "a removed column reads as cleared", "hub/sync/drift.py",
        "    if gone:\n        raise Drifted", "    if gone and not offered:\n        raise Drifted",
    ),
    Mutant(
        "systems that undo each other are never stopped", "hub/sync/loops.py", "times + 1 >= ROUNDS", "times + 1 >= 10**9",
    ),
)  # fmt: skip

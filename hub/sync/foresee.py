"""What a connection's next sync would do by another mapping, worked out by the sync itself on a copy of the store."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from hub.app import Hub
from hub.store import audit
from hub.sync.rehearse import rehearsal
from hub.sync.run import OneRun


@dataclass(frozen=True, slots=True)
class Effects:
    """``state`` and ``message`` as of a run; ``counts`` as in ``tables.Run``, with ``to_create`` and ``to_write`` for what it would
    write there. ``taken`` and ``written``: by path, in how many opportunities the commons, and in how many records the system,
    would say something else."""

    state: str
    message: str
    counts: Counter[str]
    taken: Counter[str] = field(default_factory=Counter)
    written: Counter[str] = field(default_factory=Counter)


def foresee(hub: Hub, connection: str, mapping: str | None = None) -> Effects:
    """Reads the system and writes nothing. ``mapping``: a name or a file; None goes by today's. Raises ``MappingError``."""
    tried = hub if mapping is None else hub.with_mapping(connection, mapping)
    with rehearsal(tried) as trial:
        run = OneRun(trial, connection, "by hand")
        run.take_in()
        run.show_plan()
        taken: Counter[str] = Counter()
        with trial.reading() as conn:
            for line in audit.of_run(conn, run.result.run_id, "in"):
                taken.update((line.values or {}).keys())
    counts, written = Counter(run.result.counts), Counter(path for item in run.result.plan for path in item["values"])
    for item in run.result.plan:
        counts["to_create" if item["action"] == "create" else "to_write"] += 1
    return Effects(run.result.state, run.result.message, counts, taken, written)

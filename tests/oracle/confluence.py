"""I6: whoever is asked first, the same edits end in the same values or in the same conflicts.

What is not compared, and why the design allows it:

* The value that the commons shows while a conflict is open: the first one that came. Conflicts are compared as
  unordered values plus base.
* Whether a local edit that is kept or suggested still differs: where the commons passes through the very same
  value when it is read, the two agree and it follows again.
* A rule decides between the systems that it names. A script ranks all systems of a path, or none: a value that lost
  by rule is in the conflict of a third system only if it came first.
* An edit on a copy that the system cut or changed is a conflict also where another system brings the very same
  value a moment later, or a better ranked one. So nobody types into the summary that shouts, or into the short
  need what somebody else types, and no value is used that a system has no word for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

from hypothesis import strategies as st

from tests.oracle.executor import Commons
from tests.oracle.oracle import Oracle
from tests.oracle.state import Edits
from tests.oracle.systems import MEMBERS, PATHS, System, Variant
from tests.oracle.writes import Ledger, Write, blank, said

ORDERS = list(permutations(sorted(MEMBERS)))
START = {"summary": "t1", "need": "t2 and much more", "themes": ["arts", "education"], "relationship": "past_grantee"}
SHARED = {
    "summary": ("t11", "t12", "t13", None),
    "themes": (["education"], ["health"], ["education", "health"], None),
    "relationship": ("current_grantee", None),
}
ALONE = {"a": ("t21", None), "b": ("t22",), "c": ("t23", "t24 and more")}


@dataclass(frozen=True, slots=True)
class Script:
    """``edits``: system, path and value, typed in this order before anyone is asked."""

    says: dict[str, Edits]
    ranks: dict[str, tuple[str, ...]]
    edits: tuple[tuple[str, str, Any], ...]
    gone: str | None


@st.composite
def scripts(draw: st.DrawFn) -> Script:
    says: Any = {name: draw(st.sampled_from(["accept", "accept", "keep", "suggest", "reset"])) for name in "abc"}
    edits = []
    for path in draw(st.sets(st.sampled_from(sorted(START)), min_size=1)):
        for name in draw(st.permutations("abc"))[: draw(st.integers(1, 3))]:
            values: Sequence[Any] = ALONE[name] if path == "need" else SHARED[path]
            if (name, path) == ("c", "summary"):
                continue
            edits.append((name, path, draw(st.sampled_from(values))))
    ranked = draw(st.sets(st.sampled_from(["summary", "relationship"])))
    ranks = {path: tuple(draw(st.permutations("abc"))) for path in ranked}
    return Script(says, ranks, tuple(edits), draw(st.sampled_from([None, None, None, "b", "c"])))


def outcome(script: Script, order: Sequence[str], each: bool) -> Any:
    """What all agree on in the end, or disagree on. ``each``: a system is read and written before the next is read."""
    ledger = Ledger()
    oracle = Oracle(ledger)
    systems = {name: System(name, Variant()) for name in order}
    oracle.commons = commons = Commons(systems, dict(script.says), frozenset("abc"), ledger, oracle, dict(script.ranks))
    first = systems["a"]
    id = first.add({"Share": "Everyone"})
    first.rows[id].says = {path: Write(0, None) for path in PATHS}
    for path, value in START.items():
        _type(ledger, first, path, value)
    _rounds(commons, sorted(systems), each=False, times=2)
    for name, path, value in script.edits:
        _type(ledger, systems[name], path, value)
    if script.gone is not None:
        [gone] = systems[script.gone].rows
        del systems[script.gone].rows[gone]
        systems[script.gone].tombstones.append(gone)
    _rounds(commons, order, each, times=4)
    [shared] = commons.shared.values()
    conflicts = {
        scope: (_unordered([c.commons.value, *(p.write.value for p in c.parties.values())], c.base), said(c.base))
        for (_, scope), c in commons.open.items()
    }
    held = {scope: said(_plain(h.write.value)) for scope, h in shared.held.items() if scope not in conflicts}
    return held, conflicts, {t.connection: t.state for t in commons.ties.values()}


def _unordered(values: Sequence[Any], base: Any) -> frozenset[Any]:
    """What was written. The commons value that nobody changed is the base, shown in full or in part."""
    return frozenset(said(_plain(v)) for v in values) - {said(_plain(base))}


def _plain(value: Any) -> Any:
    return None if blank(value) else value


def _type(ledger: Ledger, system: System, path: str, value: Any) -> None:
    [id] = system.rows
    column, row = system.column(path) or "", system.rows[id]
    before = row.fields.get(column)
    system.save(id, {column: system.cell(path, value, before)})
    if row.fields[column] == before:
        return  # typed the same again: no edit
    row.says[path] = ledger.write(system.shows(path, row.fields), row.says[path], by="user")


def _rounds(commons: Commons, order: Sequence[str], each: bool, times: int) -> None:
    for _ in range(times):
        for name in order:
            commons.pull(name)
            if each:
                commons.push(name)
        if not each:
            for name in order:
                commons.push(name)


def check(script: Script) -> None:
    """AssertionError where the order of asking decides."""
    for each in (False, True):
        first = outcome(script, ORDERS[0], each)
        for order in ORDERS[1:]:
            then = outcome(script, order, each)
            if then != first:
                how = "each read and written in turn" if each else "all read, then all written"
                raise AssertionError(f"I6, {how}: {ORDERS[0]} gives {first},\n{order} gives {then},\nafter {script}")

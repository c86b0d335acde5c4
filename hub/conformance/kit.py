"""What the hub relies on in a connector, as checks that any connector can be put through.

A connector is described once (``Subject``), and every check of ``CHECKS`` is run on it::

    @pytest.mark.parametrize("check", kit.CHECKS, ids=lambda check: check.__name__)
    def test_mine(check):
        with my_subject() as subject:
            check(subject)

A check raises ``AssertionError`` with a sentence, or ``DoesNotApply`` where the connector's own
capabilities say that it cannot.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from connectors.contract import Connector, Draft, Edit, Gone, Outcome, Record, SignInFailed, Stale, Unavailable, Unseen

Raw = dict[str, Any]


class DoesNotApply(Exception):
    """The connector says of itself that it cannot do this."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One connector and its stand-in system, freshly opened and empty.

    ``text`` is a wanted column that takes any text, ``unwanted`` a column that exists and was not asked
    for. ``plant`` puts a record into the system behind the connector's back and gives its id; ``alter``
    changes one; ``remove`` deletes one. ``spoil`` makes a system reject the draft it is given, ``lock_out``
    makes its sign-in fail and ``cut_off`` makes it unreachable; None where there is no such thing.
    """

    open: Callable[[], Connector]
    key: str
    text: str
    unwanted: str
    plant: Callable[[Raw], str]
    alter: Callable[[str, Raw], None]
    remove: Callable[[str], None]
    spoil: Raw | None = None
    lock_out: Callable[[], None] | None = None
    cut_off: Callable[[], None] | None = None
    fields: Raw = field(default_factory=dict)
    """What a record needs beside ``text`` to be valid."""

    def draft(self, key: str, text: str) -> Draft:
        return Draft(key, {self.key: key, self.text: text} | self.fields)


def _read(connector: Connector, since: str | None = None) -> tuple[dict[str, Record], str | None, bool]:
    """All records of a scan by id, the last cursor, and whether the last page said it was complete."""
    records: dict[str, Record] = {}
    cursor, complete = since, False
    for page in connector.changes(since):
        records |= {record.id: record for record in page.records}
        cursor, complete = page.cursor or cursor, page.complete
    return records, cursor, complete


def _only(outcomes: list[Outcome], count: int) -> list[str]:
    assert len(outcomes) == count, f"{count} asked, {len(outcomes)} outcomes"
    assert all(o.error is None and o.id for o in outcomes), [str(o.error) for o in outcomes if o.error]
    return [str(o.id) for o in outcomes]


def checks_itself_and_finds_nothing_wrong(subject: Subject) -> None:
    found = subject.open().check()
    assert found, "check() says nothing"
    assert all(step.ok for step in found), [f"{s.name}: {s.detail}" for s in found if not s.ok]


def describes_the_wanted_columns(subject: Subject) -> None:
    subject.plant({subject.text: "one", subject.key: "k-1"} | subject.fields)
    names = {column.name for column in subject.open().describe()}
    assert {subject.text, subject.key} <= names, names


def reads_everything_there_is_and_nothing_that_was_not_asked_for(subject: Subject) -> None:
    ids = {subject.plant({subject.text: f"record {n}", subject.unwanted: "private"} | subject.fields) for n in range(7)}
    records, _cursor, _complete = _read(subject.open())
    assert records.keys() == ids
    for record in records.values():
        assert subject.unwanted not in record.fields and "private" not in repr(record)


def misses_no_later_change(subject: Subject) -> None:
    first = subject.plant({subject.text: "as it was"} | subject.fields)
    connector = subject.open()
    _records, cursor, _complete = _read(connector)
    second = subject.plant({subject.text: "a new one"} | subject.fields)
    subject.alter(first, {subject.text: "as it is"})
    records, _cursor, _complete = _read(connector, cursor)
    assert records[first].fields[subject.text] == "as it is" and records[second].fields[subject.text] == "a new one"


def creates_one_record_for_each_draft_and_finds_it_by_its_key(subject: Subject) -> None:
    connector = _writing(subject)
    drafts = [subject.draft(f"key-{n}", f"text {n}") for n in range(12)]
    ids = []
    for start in range(0, len(drafts), connector.capabilities.batch):
        part = drafts[start : start + connector.capabilities.batch]
        ids += _only(connector.create(part), len(part))
    assert len(set(ids)) == 12
    found = connector.find("key-7")
    assert [record.id for record in found] == [ids[7]] and found[0].fields[subject.text] == "text 7"
    assert connector.find("key-77") == []


def upserts_where_it_says_so(subject: Subject) -> None:
    connector = _writing(subject)
    if not connector.capabilities.upsert:
        raise DoesNotApply("it does not upsert by key")
    (first,) = _only(connector.create([subject.draft("again", "once")]), 1)
    (second,) = _only(connector.create([subject.draft("again", "twice")]), 1)
    assert first == second and len(connector.find("again")) == 1


def writes_hostile_text_and_reads_the_same_back(subject: Subject) -> None:
    connector = _writing(subject)
    texts = [
        "=1+1",
        "+44 20",
        "-5",
        "@sum",
        'O\'Rourke "x" \\ y',
        "٠١٢ عربي\u200f",
        "007",
        "a;b,c|d",
        "<b>&amp;</b>",
        "tab\tin",
    ]
    for number, text in enumerate(texts):
        (id,) = _only(connector.create([subject.draft(f"h-{number}", text)]), 1)
        found = connector.get([id])[id]
        assert isinstance(found, Record) and found.fields[subject.text] == text, text


def changes_only_the_columns_of_an_edit(subject: Subject) -> None:
    connector = _writing(subject)
    id = subject.plant({subject.text: "before", subject.key: "k", subject.unwanted: "stays"} | subject.fields)
    record = connector.get([id])[id]
    assert isinstance(record, Record)
    _only(connector.update([Edit(id, {subject.text: "after"}, record)]), 1)
    after = connector.get([id])[id]
    assert isinstance(after, Record)
    assert after.fields[subject.text] == "after" and after.fields[subject.key] == "k"


def refuses_a_stale_edit_as_its_guard_says(subject: Subject) -> None:
    connector = _writing(subject)
    if connector.capabilities.guard == "none":
        raise DoesNotApply("it has no guard; the hub reads and compares instead")
    id = subject.plant({subject.text: "before"} | subject.fields)
    record = connector.get([id])[id]
    assert isinstance(record, Record)
    subject.alter(id, {subject.text: "meanwhile"})
    (outcome,) = connector.update([Edit(id, {subject.text: "after"}, record)])
    assert isinstance(outcome.error, Stale), outcome
    now = connector.get([id])[id]
    assert isinstance(now, Record) and now.fields[subject.text] == "meanwhile"


def calls_a_record_gone_only_on_proof(subject: Subject) -> None:
    connector = subject.open()
    id = subject.plant({subject.text: "short-lived"} | subject.fields)
    there = connector.get([id])
    assert isinstance(there[id], Record)
    subject.remove(id)
    found = connector.get([id])[id]
    proof = connector.capabilities.tombstones != "none"
    assert isinstance(found, Gone if proof else Gone | Unseen), found
    if not proof:
        assert isinstance(found, Unseen), "it cannot prove that, so it must not say so"


def one_bad_item_fails_no_other(subject: Subject) -> None:
    connector = _writing(subject)
    if subject.spoil is None or connector.capabilities.batch == 1:
        raise DoesNotApply("no item of it can be bad, or items go one by one")
    bad = Draft("bad", {subject.key: "bad"} | subject.fields | subject.spoil)
    outcomes = connector.create([subject.draft("good-1", "one"), bad, subject.draft("good-2", "two")])
    assert [outcome.error is None for outcome in outcomes] == [True, False, True], outcomes
    assert str(outcomes[1].error)


def says_who_may_not_sign_in(subject: Subject) -> None:
    if subject.lock_out is None:
        raise DoesNotApply("nobody signs in")
    subject.lock_out()
    connector = subject.open()
    try:
        _read(connector)
    except SignInFailed as error:
        assert len(str(error)) > 20, "the message says nothing"
    else:
        raise AssertionError("it read without a sign-in")
    failed = [step for step in subject.open().check() if not step.ok]
    assert failed and all(step.fix for step in failed), "a failed check has no fix"


def says_that_a_system_cannot_be_reached(subject: Subject) -> None:
    if subject.cut_off is None:
        raise DoesNotApply("there is nothing between")
    subject.cut_off()
    connector = subject.open()
    try:
        _read(connector)
    except Unavailable as error:
        assert len(str(error)) > 20, "the message says nothing"
    else:
        raise AssertionError("it read what is not there")
    failed = [step for step in connector.check() if not step.ok]
    assert failed and all(step.fix for step in failed), "a failed check has no fix"


def _writing(subject: Subject) -> Connector:
    connector = subject.open()
    if not connector.capabilities.writes:
        raise DoesNotApply("it only reads")
    return connector


CHECKS: tuple[Callable[[Subject], None], ...] = (
    checks_itself_and_finds_nothing_wrong,
    describes_the_wanted_columns,
    reads_everything_there_is_and_nothing_that_was_not_asked_for,
    misses_no_later_change,
    creates_one_record_for_each_draft_and_finds_it_by_its_key,
    upserts_where_it_says_so,
    writes_hostile_text_and_reads_the_same_back,
    changes_only_the_columns_of_an_edit,
    refuses_a_stale_edit_as_its_guard_says,
    calls_a_record_gone_only_on_proof,
    one_bad_item_fails_no_other,
    says_who_may_not_sign_in,
    says_that_a_system_cannot_be_reached,
)

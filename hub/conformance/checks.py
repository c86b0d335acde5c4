"""What the hub relies on in a connector, one check a promise.

A check is given a running ``Subject`` of its own. It raises ``AssertionError`` with a sentence, or
``DoesNotApply`` where the connector's own capabilities, or its stand-in, say that it cannot.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from connectors.clock import ManualTime
from connectors.contract import (
    Ambiguous,
    Connector,
    ConnectorError,
    CursorExpired,
    Draft,
    Edit,
    Gone,
    Outcome,
    Record,
    SignInFailed,
    Stale,
    Unavailable,
    Unseen,
)
from hub.conformance.subject import DoesNotApply, Subject, read


def _only(outcomes: list[Outcome], count: int) -> list[str]:
    assert len(outcomes) == count, f"{count} asked, {len(outcomes)} outcomes"
    assert all(o.error is None and o.id for o in outcomes), [str(o.error) for o in outcomes if o.error]
    return [str(o.id) for o in outcomes]


def checks_itself_and_finds_nothing_wrong(subject: Subject) -> None:
    found = subject.open().check()
    assert found, "check() says nothing"
    assert all(step.ok for step in found), [f"{s.name}: {s.detail}" for s in found if not s.ok]


def describes_the_wanted_columns(subject: Subject) -> None:
    subject.plant(subject.cells("one", subject.key("k-1")))
    names = {column.name for column in subject.open().describe()}
    assert {subject.text, subject.wanted.key or subject.text} <= names, names


def reads_everything_there_is_and_nothing_that_was_not_asked_for(subject: Subject) -> None:
    ids = {subject.plant(subject.cells(f"record {n}") | {subject.unwanted: "private"}) for n in range(7)}
    records, _cursor, _complete = read(subject.open())
    assert records.keys() == ids
    for record in records.values():
        assert subject.unwanted not in record.fields and "private" not in repr(record)


def misses_no_later_change(subject: Subject) -> None:
    first = subject.plant(subject.cells("as it was"))
    connector = subject.open()
    _records, cursor, _complete = read(connector)
    second = subject.plant(subject.cells("a new one"))
    subject.alter(first, {subject.text: "as it is"})
    records, _cursor, _complete = read(connector, cursor)
    assert records[first].fields[subject.text] == "as it is" and records[second].fields[subject.text] == "a new one"


def creates_one_record_for_each_draft_and_finds_it_by_its_key(subject: Subject) -> None:
    connector = _keyed(subject)
    drafts = [subject.draft(subject.key(f"key-{n}"), f"text {n}") for n in range(12)]
    ids = []
    for start in range(0, len(drafts), connector.capabilities.batch):
        part = drafts[start : start + connector.capabilities.batch]
        ids += _only(connector.create(part), len(part))
    assert len(set(ids)) == 12
    found = connector.find(subject.key("key-7"))
    assert [record.id for record in found] == [ids[7]] and found[0].fields[subject.text] == "text 7"
    assert connector.find(subject.key("key-77")) == []


def upserts_where_it_says_so(subject: Subject) -> None:
    connector = _writing(subject)
    if not connector.capabilities.upsert:
        raise DoesNotApply("it does not upsert by key")
    again = subject.key("again")
    (first,) = _only(connector.create([subject.draft(again, "once")]), 1)
    (second,) = _only(connector.create([subject.draft(again, "twice")]), 1)
    assert first == second and len(connector.find(again)) == 1


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
        (id,) = _only(connector.create([subject.draft(subject.key(f"h-{number}"), text)]), 1)
        found = connector.get([id])[id]
        assert isinstance(found, Record) and found.fields[subject.text] == text, text


def changes_only_the_columns_of_an_edit(subject: Subject) -> None:
    connector, key = _writing(subject), subject.key("k")
    id = subject.plant(subject.cells("before", key) | {subject.unwanted: "stays"})
    record = connector.get([id])[id]
    assert isinstance(record, Record)
    _only(connector.update([Edit(id, {subject.text: "after"}, record)]), 1)
    after = connector.get([id])[id]
    assert isinstance(after, Record)
    assert after.fields[subject.text] == "after"
    assert subject.wanted.key is None or str(after.fields[subject.wanted.key]) == key


def refuses_a_stale_edit_as_its_guard_says(subject: Subject) -> None:
    connector = _writing(subject)
    if connector.capabilities.guard == "none":
        raise DoesNotApply("it has no guard; the hub reads and compares instead")
    id = subject.plant(subject.cells("before"))
    record = connector.get([id])[id]
    assert isinstance(record, Record)
    subject.alter(id, {subject.text: "meanwhile"})
    (outcome,) = connector.update([Edit(id, {subject.text: "after"}, record)])
    assert isinstance(outcome.error, Stale), outcome
    now = connector.get([id])[id]
    assert isinstance(now, Record) and now.fields[subject.text] == "meanwhile"


def calls_a_record_gone_only_on_proof(subject: Subject) -> None:
    connector = subject.open()
    id = subject.plant(subject.cells("short-lived"))
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
    key = subject.key("bad")
    bad = Draft(key, subject.cells("bad", key) | dict(subject.spoil))
    outcomes = connector.create(
        [subject.draft(subject.key("good-1"), "one"), bad, subject.draft(subject.key("good-2"), "two")]
    )
    assert [outcome.error is None for outcome in outcomes] == [True, False, True], outcomes
    assert str(outcomes[1].error)


def says_who_may_not_sign_in(subject: Subject) -> None:
    subject.lock_out()
    connector = subject.open()
    try:
        read(connector)
    except SignInFailed as error:
        assert len(str(error)) > 20, "the message says nothing"
    else:
        raise AssertionError("it read without a sign-in")
    failed = [step for step in subject.open().check() if not step.ok]
    assert failed and all(step.fix for step in failed), "a failed check has no fix"


def says_that_a_system_cannot_be_reached(subject: Subject) -> None:
    subject.cut_off()
    connector = subject.open()
    try:
        read(connector)
    except Unavailable as error:
        assert len(str(error)) > 20, "the message says nothing"
    else:
        raise AssertionError("it read what is not there")
    failed = [step for step in connector.check() if not step.ok]
    assert failed and all(step.fix for step in failed), "a failed check has no fix"


def starts_over_where_its_cursor_is_unknown(subject: Subject) -> None:
    id = subject.plant(subject.cells("there all along"))
    try:
        records, _cursor, _complete = read(subject.open(), "a position that nobody gave out")
    except CursorExpired as error:
        assert len(str(error)) > 20, "the message says nothing"
    else:
        assert id in records, "it takes an unknown position for a known one, and misses what is there"


def shows_what_was_there_all_along_while_others_come_and_go(subject: Subject) -> None:
    """Between two pages the list shrinks and grows. Rows may repeat; none that stayed may be left out
    of a scan that is called complete, or be passed by its cursor."""
    ids = [subject.plant(subject.cells(f"record {n}")) for n in range(8)]
    connector = subject.open()
    pages = connector.changes(None)
    first = next(pages)
    seen, cursor, complete = {record.id for record in first.records}, first.cursor, first.complete
    subject.remove(ids[0])
    subject.plant(subject.cells("a newcomer"))
    try:
        for page in pages:
            seen |= {record.id for record in page.records}
            cursor, complete = page.cursor or cursor, page.complete
    except Unavailable:
        complete = False
    stayed = set(ids[1:])
    assert not complete or stayed <= seen, f"a scan called complete left out {sorted(stayed - seen)}"
    later = read(connector, cursor)[0].keys()
    assert stayed <= seen | later, f"never shown: {sorted(stayed - seen - later)}"


def shows_both_records_of_one_key_and_adds_no_third(subject: Subject) -> None:
    if subject.unique_keys:
        raise DoesNotApply("the system itself refuses a second record with one key")
    connector, twice = _keyed(subject), subject.key("twice")
    ids = {subject.plant(subject.cells(text, twice)) for text in ("one", "another")}
    assert {record.id for record in connector.find(twice)} == ids, "a person has to see both"
    try:
        (outcome,) = connector.create([subject.draft(twice, "a third")])
    except ConnectorError as error:
        outcome = Outcome(error=error)
    now = read(connector)[0]
    if connector.capabilities.upsert:
        assert outcome.error is not None, "which of the two is meant, nobody can say"
        assert now.keys() == ids, f"there are {len(now)} records now"
    assert {now[id].fields[subject.text] for id in ids} == {"one", "another"}, "one of them was written over"


def believes_its_own_write_though_reading_lags_behind(subject: Subject) -> None:
    """What was just written is not shown yet. Nothing may be written twice for that, or called undone."""
    connector = _keyed(subject)
    id = subject.plant(subject.cells("before", subject.key("lagging")))
    record = connector.get([id])[id]
    assert isinstance(record, Record)
    subject.lag(3)
    (created,) = connector.create([subject.draft(subject.key("fresh"), "a fresh one")])
    assert created.error is None or isinstance(created.error, Ambiguous), f"it was done: {created.error}"
    subject.lag(0)
    assert len(connector.find(subject.key("fresh"))) == 1
    subject.lag(3)
    (changed,) = connector.update([Edit(id, {subject.text: "after"}, record)])
    assert changed.error is None or isinstance(changed.error, Ambiguous), f"it was done: {changed.error}"
    subject.lag(0)
    now = connector.get([id])[id]
    assert isinstance(now, Record) and now.fields[subject.text] == "after"


def misses_nothing_where_clocks_differ_by_a_day(subject: Subject) -> None:
    for days in (-1, 1):
        ours = ManualTime(subject.time.now() + timedelta(days=days))
        connector = subject.open(time=ours)
        old = subject.plant(subject.cells("here before"))
        records, cursor, _complete = read(connector)
        assert old in records, f"with our clock {days:+} day from the system's, it misses a record"
        subject.alter(old, {subject.text: f"changed {days}"})
        new = subject.plant(subject.cells("here after"))
        later, _cursor, _complete = read(connector, cursor)
        assert new in later and later[old].fields[subject.text] == f"changed {days}", (
            f"with our clock {days:+} day from the system's, it misses a change"
        )


def takes_a_record_under_a_used_id_for_one_that_is_there(subject: Subject) -> None:
    id = subject.plant(subject.cells("the first of this id", subject.key("first")))
    connector = subject.open()
    _records, cursor, _complete = read(connector)
    subject.remove(id)
    subject.plant_as(id, subject.cells("the second of this id", subject.key("second")))
    found = connector.get([id])[id]
    assert isinstance(found, Record) and found.fields[subject.text] == "the second of this id", found
    last: Record | Gone | None = None
    for page in connector.changes(cursor):
        here: list[Record | Gone] = [*page.records, *page.gone]
        last = next((each for each in reversed(here) if each.id == id), last)
    assert isinstance(last, Record), f"the feed's last word on a record that is there is {last}"


def tells_ids_apart_that_differ_in_case_only(subject: Subject) -> None:
    id = subject.plant(subject.cells("one"))
    twin = subject.twin(id)
    subject.plant_as(twin, subject.cells("its twin"))
    connector = subject.open()
    records, _cursor, _complete = read(connector)
    found = connector.get([id, twin])
    for each, text in ((id, "one"), (twin, "its twin")):
        there = found[each]
        assert isinstance(there, Record) and there.fields[subject.text] == text, f"get({each!r}): {there}"
        assert records[each].fields[subject.text] == text, f"listed under {each!r}: {records[each]}"


def _writing(subject: Subject) -> Connector:
    connector = subject.open()
    if not connector.capabilities.writes:
        raise DoesNotApply("it only reads")
    return connector


def _keyed(subject: Subject) -> Connector:
    connector = _writing(subject)
    if connector.capabilities.key == "none":
        raise DoesNotApply("its records hold no key")
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
    starts_over_where_its_cursor_is_unknown,
    shows_what_was_there_all_along_while_others_come_and_go,
    shows_both_records_of_one_key_and_adds_no_third,
    believes_its_own_write_though_reading_lags_behind,
    misses_nothing_where_clocks_differ_by_a_day,
    takes_a_record_under_a_used_id_for_one_that_is_there,
    tells_ids_apart_that_differ_in_case_only,
)

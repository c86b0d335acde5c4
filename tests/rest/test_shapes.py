"""Every way of turning pages, signing in, following, guarding and creating that a declaration knows, against the stand-in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.clock import ManualTime
from connectors.contract import (
    Ambiguous,
    Connector,
    CursorExpired,
    Draft,
    Edit,
    Forbidden,
    Gone,
    Invalid,
    Page,
    Record,
    Secret,
    Settings,
    SignInFailed,
    Stale,
    Unavailable,
    Unseen,
    Wanted,
)
from connectors.rest import connector as rest
from connectors.rest.sandbox import TOKEN, RestSandbox, serve
from connectors.sandbox import Fault
from connectors.transport import Transport
from tests.rest import shapes

WANTED = Wanted("records", ("title", "commons_id", "amount"), "commons_id")
CURSOR = 'kind = "cursor", next = "next", param = "cursor"'
OFFSET = 'kind = "offset", param = "offset"'
UPDATE = '[update]\npath   = "/{object}/{id}"\nrecord = "record"\n'


@pytest.fixture
def time() -> ManualTime:
    return ManualTime()


@pytest.fixture
def sandbox(time: ManualTime) -> Iterator[RestSandbox]:
    with serve(time=time) as found:
        yield found


Open = Callable[..., Connector]


@pytest.fixture
def opened(sandbox: RestSandbox, time: ManualTime, tmp_path: Path) -> Open:
    def open(text: str, style: str = "cursor", **options: Any) -> Connector:
        usual = {"declaration": shapes.written(tmp_path, text), "url": sandbox.url, "token": Secret(TOKEN), "values": {"style": style}}  # fmt: skip
        settings = Settings("mine", usual | options)
        way = Transport(hosts=rest.hosts(settings), time=time, allow_http=True, jitter=lambda: 0.0)
        return rest.open(settings, WANTED, way)

    return open


def changed(text: str, old: str, new: str) -> str:
    assert old in text, old
    return text.replace(old, new)


def titles(pages: list[Page]) -> list[Any]:
    return [record.fields["title"] for page in pages for record in page.records]


PAGINGS = {
    "cursor": CURSOR,
    "next": 'kind = "link", next = "next"',
    "link": 'kind = "link", header = "Link"',
    "header": 'kind = "cursor", next_header = "X-Next", send_header = "X-Cursor"',
    "page": 'kind = "page", steady = true',
    "offset": OFFSET,
}


@pytest.mark.parametrize("style", PAGINGS)
def test_each_way_of_turning_pages_shows_everything_once_and_says_so(
    style: str, opened: Open, sandbox: RestSandbox
) -> None:
    for number in range(7):
        sandbox.write(None, {"title": str(number)})
    pages = list(opened(changed(shapes.FOLLOWED, CURSOR, PAGINGS[style]), style).changes(None))
    assert titles(pages) == [str(number) for number in range(7)] and len(pages) > 3
    assert [page.complete for page in pages] == [False] * (len(pages) - 1) + [True]
    assert [page.cursor is not None for page in pages] == [page.complete for page in pages]


@pytest.mark.parametrize("style", PAGINGS)
def test_a_total_that_is_not_what_was_shown_makes_a_list_incomplete(
    style: str, opened: Open, sandbox: RestSandbox
) -> None:
    for number in range(3):
        sandbox.write(None, {"title": str(number)})
    lying = changed(shapes.FOLLOWED, 'total = "total"', 'total = "records.0.version"')
    pages = list(opened(changed(lying, CURSOR, PAGINGS[style]), style).changes(None))
    assert len(titles(pages)) == 3 and not any(page.complete or page.cursor for page in pages)


def test_pages_by_number_that_are_not_steady_are_never_complete_but_one_page_is(
    opened: Open, sandbox: RestSandbox
) -> None:
    text = changed(shapes.FOLLOWED, CURSOR, 'kind = "page", more = "more"')
    sandbox.write(None, {"title": "one"})
    assert list(opened(text, "page").changes(None))[-1].complete
    for number in range(3):
        sandbox.write(None, {"title": str(number)})
    assert not list(opened(text, "page").changes(None))[-1].complete


def test_a_list_by_offset_that_moves_while_it_is_read_is_read_again(opened: Open, sandbox: RestSandbox) -> None:
    ids = [sandbox.write(None, {"title": str(number)}) for number in range(6)]
    pages = opened(shapes.COMPARED, "offset").changes(None)
    seen = list(titles([next(pages)]))
    sandbox.remove(ids[0])
    rest_of = list(pages)
    assert set(titles(rest_of)) == {"1", "2", "3", "4", "5"} and rest_of[-1].complete and seen == ["0", "1"]


def test_a_list_by_offset_that_never_stands_still_is_left_to_the_next_run(opened: Open, sandbox: RestSandbox) -> None:
    ids = [sandbox.write(None, {"title": str(number)}) for number in range(12)]
    moving = (sandbox.remove(ids.pop(0)) for _ in opened(shapes.COMPARED, "offset").changes(None))
    with pytest.raises(Unavailable, match="move while they are read"):
        list(moving)


# --- signing in


@pytest.mark.parametrize(
    ("auth", "options"),
    [
        ('kind = "bearer"', {}),
        ('kind = "header"\nheader = "X-Api-Key"', {}),
        ('kind = "header"\nprefix = "Bearer "', {}),
        ('kind = "basic"', {"user": "hub", "password": Secret(TOKEN)}),
        ('kind = "oauth2"\ntoken_path = "/token"', {"client_id": "hub", "client_secret": Secret(TOKEN)}),
        (
            'kind = "oauth2"\ntoken_path = "/token"\nclient = "form"',
            {"client_id": "hub", "client_secret": Secret(TOKEN)},
        ),
    ],
    ids=["bearer", "header", "prefix", "basic", "oauth2", "oauth2 in the form"],
)
def test_each_way_of_signing_in_is_let_in_and_a_wrong_secret_is_not(
    auth: str, options: dict[str, Any], opened: Open, sandbox: RestSandbox
) -> None:
    sandbox.write(None, {"title": "seen"})
    text = changed(shapes.FOLLOWED, 'kind = "bearer"', auth)
    assert titles(list(opened(text, **options).changes(None))) == ["seen"]
    wrong = {name: Secret("wrong") if isinstance(value, Secret) else value for name, value in ({"token": Secret(TOKEN)} | options).items()}  # fmt: skip
    with pytest.raises(SignInFailed) as failed:
        list(opened(text, **wrong).changes(None))
    assert "wrong" not in str(failed.value)


def test_an_oauth_token_that_has_expired_is_fetched_once_more_and_a_write_is_not_doubled(
    opened: Open, sandbox: RestSandbox
) -> None:
    text = changed(shapes.FOLLOWED, 'kind = "bearer"', 'kind = "oauth2"\ntoken_path = "/token"')
    connector = opened(text, client_id="hub", client_secret=Secret(TOKEN))
    list(connector.changes(None))
    sandbox.table.lent.clear()
    (made,) = connector.create([Draft("k", {"title": "one", "commons_id": "k"})])
    assert made.error is None and len(sandbox.records()) == 1 and len(sandbox.calls("POST", "/token")) == 2


def test_an_option_that_the_declaration_needs_is_asked_for_by_name(opened: Open) -> None:
    for options, name in (({"token": None}, "token"), ({"values": {}}, "values.style"), ({"declaration": "none.toml"}, "none.toml")):  # fmt: skip
        with pytest.raises(Invalid, match=name):
            opened(shapes.FOLLOWED, **options)


# --- following


def test_only_what_changed_since_is_asked_for_with_the_overlap(
    opened: Open, sandbox: RestSandbox, time: ManualTime
) -> None:
    sandbox.write(None, {"title": "old"})
    time.sleep(1000)
    sandbox.write(None, {"title": "recent"})
    connector = opened(shapes.FOLLOWED)
    cursor = list(connector.changes(None))[-1].cursor
    time.sleep(1000)
    new = sandbox.write(None, {"title": "new"})
    assert titles(list(connector.changes(cursor))) == ["recent", "new"]
    sandbox.remove(new)
    assert [page.gone for page in connector.changes(cursor)] == [(Gone(new),)]


def test_a_stamp_from_the_future_does_not_carry_the_place_past_what_is_still_to_come(
    opened: Open, sandbox: RestSandbox, time: ManualTime
) -> None:
    id = sandbox.write(None, {"title": "typed 2099"})
    sandbox.table.rows[id].changed = sandbox.table.rows[id].changed.replace(year=2099)
    connector = opened(shapes.FOLLOWED)
    cursor = list(connector.changes(None))[-1].cursor
    time.sleep(60)
    sandbox.write(None, {"title": "of today"})
    assert "of today" in titles(list(connector.changes(cursor)))


def test_a_stamp_that_cannot_be_read_keeps_the_place(opened: Open, sandbox: RestSandbox) -> None:
    sandbox.write(None, {"title": "one"})
    (page,) = opened(changed(shapes.FOLLOWED, 'field  = "changed"', 'field  = "title"')).changes(None)
    assert page.cursor is None and not page.complete and titles([page]) == ["one"]


def test_a_position_in_tokens_that_is_gone_starts_over(opened: Open, sandbox: RestSandbox) -> None:
    sandbox.write(None, {"title": "one"})
    token = '[feed]\nkind = "token"\nparam = "since_token"\ntoken = "total"\nrising = true\n'
    connector = opened(shapes.COMPARED + token, "offset")
    pages = list(connector.changes(None))
    assert pages[-1].cursor == "token 1" and pages[-1].complete
    assert list(connector.changes("token 0"))[-1].cursor == "token 1"
    with pytest.raises(CursorExpired, match="put back"):
        list(connector.changes("token 7"))
    sandbox.misbehave(Fault("status", "GET", status=410))
    with pytest.raises(CursorExpired):
        list(connector.changes("token 1"))


# --- writing


def test_a_change_goes_to_what_was_seen_and_to_nothing_newer(opened: Open, sandbox: RestSandbox) -> None:
    guards = {
        "etag of the record": changed(shapes.FOLLOWED, 'guard  = "etag"', 'guard  = "etag"'),
        "etag from a version": changed(shapes.FOLLOWED, "[record]", '[record]\nversion = "version"'),
        "field": changed(changed(shapes.FOLLOWED, "[record]", '[record]\nversion = "version"'), '"etag"', '"field"\nversion_field = "version"'),
        "whole": changed(shapes.FOLLOWED, 'guard  = "etag"', 'guard  = "etag"\nwhole = true\nmethod = "PUT"'),
    }  # fmt: skip
    for name, text in guards.items():
        connector = opened(text)
        assert connector.capabilities.guard == "strong"
        id = sandbox.write(None, {"title": "before", "notes": "theirs"})
        (listed,) = [r for page in connector.changes(None) for r in page.records if r.id == id]
        looked = connector.get([id])[id]
        assert isinstance(looked, Record)
        for seen in (listed, looked):
            sandbox.write(id, {"title": "meanwhile"})
            (outcome,) = connector.update([Edit(id, {"title": "ours"}, seen)])
            assert isinstance(outcome.error, Stale) and sandbox.records()[id]["title"] == "meanwhile", name
            sandbox.write(id, {"title": "before"})
        now = connector.get([id])[id]
        assert isinstance(now, Record)
        (outcome,) = connector.update([Edit(id, {"title": "ours"}, now)])
        assert outcome.error is None, (name, outcome.error)
        assert (sandbox.records()[id]["title"], sandbox.records()[id]["notes"]) == ("ours", "theirs"), name


def test_a_write_that_is_answered_with_nothing_in_particular_is_looked_at(opened: Open, sandbox: RestSandbox) -> None:
    text = changed(shapes.COMPARED, UPDATE, UPDATE.replace('record = "record"', "answers = false"))
    connector = opened(text, "offset")
    id = sandbox.write(None, {"title": "before"})
    seen = connector.get([id])[id]
    assert isinstance(seen, Record)
    (outcome,) = connector.update([Edit(id, {"title": "after"}, seen)])
    assert outcome.record is not None and outcome.record.fields["title"] == "after"
    sandbox.misbehave(Fault("html", "PATCH"))
    (outcome,) = connector.update([Edit(id, {"title": "never"}, seen)])
    assert isinstance(outcome.error, Ambiguous) and sandbox.records()[id]["title"] == "after"


def test_the_same_key_created_twice_is_one_record_where_its_address_is_made_of_it(
    opened: Open, sandbox: RestSandbox
) -> None:
    create = 'path   = "/{object}/{id}"\nmethod = "PUT"\nid = "key"\nonce = true\n'
    connector = opened(changed(shapes.FOLLOWED, '[create]\npath   = "/{object}"\n', f"[create]\n{create}"))
    (first,) = connector.create([Draft("k", {"title": "once", "commons_id": "k"})])
    (second,) = connector.create([Draft("k", {"title": "twice", "commons_id": "k"})])
    assert first.id == second.id and [row["title"] for row in sandbox.records().values()] == ["once"]
    sandbox.write(first.id, {"commons_id": None})
    (third,) = connector.create([Draft("k", {"title": "thrice", "commons_id": "k"})])
    assert isinstance(third.error, Invalid) and str(first.id) in str(third.error)


def test_a_new_record_is_known_by_the_address_that_the_answer_gives(opened: Open, sandbox: RestSandbox) -> None:
    text = changed(
        shapes.COMPARED,
        '[create]\npath   = "/{object}"\nrecord = "record"',
        '[create]\npath = "/{object}"\nid = "location"',
    )
    (made,) = opened(text, "offset").create([Draft("k", {"title": "one", "commons_id": "k"})])
    assert made.id is not None and sandbox.records().keys() == {made.id}


def test_an_answer_about_the_record_of_another_key_is_not_taken_for_ours(opened: Open, sandbox: RestSandbox) -> None:
    other = '{"record": {"id": "r99", "title": "x", "commons_id": "other", "amount": null}}'
    sandbox.misbehave(Fault("status", "POST", status=201, body=other))
    (made,) = opened(shapes.FOLLOWED).create([Draft("k", {"title": "one", "commons_id": "k"})])
    assert isinstance(made.error, Ambiguous) and "another key" in str(made.error)


@pytest.mark.parametrize(
    ("body", "kind"),
    [('{"ok": false, "error": {"message": "not today"}}', Invalid), ('{"fine": true}', Ambiguous)],
    ids=["says no", "does not say"],
)
def test_a_status_of_200_is_no_success_where_the_body_has_to_say_so(
    body: str, kind: type[Exception], opened: Open, sandbox: RestSandbox
) -> None:
    text = changed(shapes.COMPARED, "[errors]", '[errors]\nsuccess = { field = "ok", equals = true }')
    sandbox.misbehave(Fault("status", "POST", status=200, body=body))
    (made,) = opened(text, "offset").create([Draft("k", {"title": "one", "commons_id": "k"})])
    assert type(made.error) is kind, made.error


def test_a_refusal_is_told_in_the_systems_own_words(opened: Open) -> None:
    (made,) = opened(shapes.FOLLOWED).create([Draft("k", {"amount": "much"})])
    assert isinstance(made.error, Invalid) and "amount takes numbers." in str(made.error)


def test_a_credential_that_the_system_repeats_is_not_told_on(opened: Open, sandbox: RestSandbox) -> None:
    sandbox.misbehave(
        Fault("status", "GET", status=403, body=f'{{"error": {{"message": "{TOKEN} may not"}}}}', times=2)
    )
    for act in (lambda: list(opened(shapes.FOLLOWED).changes(None)), lambda: opened(shapes.FOLLOWED).get(["r1"])):
        with pytest.raises(Forbidden, match="may not") as failed:
            act()
        assert TOKEN not in str(failed.value)


def test_what_the_declaration_has_no_call_for_is_refused_and_not_guessed(opened: Open, sandbox: RestSandbox) -> None:
    id = sandbox.write(None, {"title": "one", "commons_id": "k"})
    head = shapes.COMPARED.partition("[create]")[0]
    lists = '[list]\npath = "/{object}"\nrecords = "records"\n'
    connector = opened(head + lists, "offset")
    assert not connector.capabilities.writes and [record.id for record in connector.find("k")] == [id]
    found = connector.get([id, "r77"])
    assert isinstance(found[id], Record) and not isinstance(found["r77"], Record)
    for outcome in (
        *connector.create([Draft("n", {})]),
        *connector.update([Edit(id, {}, found[id])]),
        *connector.delete([id]),
    ):
        assert isinstance(outcome.error, Invalid) and "has no [" in str(outcome.error)
    assert sandbox.records().keys() == {id}


def test_a_record_that_is_looked_for_in_a_list_and_is_not_there_is_unseen(opened: Open, sandbox: RestSandbox) -> None:
    get = '[get]\npath   = "/{object}/{id}"\nrecord = "record"\n'
    text = changed(
        shapes.COMPARED, get, '[get]\npath = "/{object}"\nparams = { title = "{id}" }\nrecord = "records.0"\n'
    )
    id = sandbox.write(None, {"title": "r1"})
    found = opened(text, "offset").get([id, "nobody"])
    assert isinstance(found[id], Record) and isinstance(found["nobody"], Unseen)


def test_a_search_that_the_system_does_not_heed_finds_no_stranger(opened: Open, sandbox: RestSandbox) -> None:
    text = changed(shapes.COMPARED, 'params = { "{column}" = "{key}" }', 'params = { "nothing" = "{key}" }')
    sandbox.write(None, {"title": "another", "commons_id": "k-1"})
    assert opened(text, "offset").find("k-2") == []
    sandbox.write(None, {"title": "a third", "commons_id": "k-3"})
    with pytest.raises(Unavailable, match="not heeded"):
        opened(text, "offset").find("k-2")
    failed = [step for step in opened(text, "offset").check() if not step.ok]
    assert failed and all(step.fix for step in failed)


def test_a_search_through_a_list_that_is_not_known_to_be_whole_believes_two_readings_that_agree(
    opened: Open, sandbox: RestSandbox
) -> None:
    lists = '[list]\npath = "/{object}"\nrecords = "records"\n'
    lists += 'paging = { kind = "page", size = 2, size_param = "limit" }\n'
    connector = opened(shapes.COMPARED.partition("[find]")[0] + lists, "page")
    ids = [sandbox.write(None, {"title": str(n), "commons_id": f"k-{n}"}) for n in range(4)]
    # While page 1 is read a record of it goes: the one that page 2 would have begun with slips by.
    sandbox.misbehave(Fault("delay", "GET", skip=1))
    slipping = iter([ids[0]])
    slept = sandbox.time.sleep
    sandbox.time.sleep = lambda seconds: [slept(seconds), *(sandbox.remove(id) for id in [*slipping])]  # type: ignore[method-assign]
    assert [record.id for record in connector.find("k-2")] == [ids[2]]
    assert connector.find("k-0") == []


def test_calls_keep_to_the_declared_rate(opened: Open, sandbox: RestSandbox, time: ManualTime) -> None:
    for number in range(8):
        sandbox.write(None, {"title": str(number)})
    connector = opened(shapes.FOLLOWED + "[limits]\ncalls = 1\nseconds = 10\n")
    list(connector.changes(None))
    assert sum(time.slept) >= 30 and connector.capabilities.rates[0].calls == 1


def test_columns_within_others_are_read_and_written_where_they_stand() -> None:
    from connectors.rest.declaration import read
    from connectors.rest.rows import Rows

    text = 'title = "T"\nauth = { kind = "none" }\nlist = { path = "/x" }\nrecord = { nested = ".", fields = "attributes" }'
    rows = Rows(read(text.encode(), "x.toml"), Wanted("x", ("name.en", "plain", "none.at.all"), None))
    row = {"id": 7, "attributes": {"name": {"en": "A", "fr": "B"}, "plain": 1, "private": 2}}
    found = rows.record(row)
    assert found is not None and found.id == "7" and found.fields == {"name.en": "A", "plain": 1}
    assert rows.to_wire({"name.en": "A", "name.fr": "B", "plain": 1}) == {"name": {"en": "A", "fr": "B"}, "plain": 1}

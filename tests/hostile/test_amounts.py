"""Amounts keep every digit on every way, and what is no amount is set aside with a reason while its record goes on."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from connectors import strict_json
from connectors.transport import dump
from hub.demo.seeds import REQUEST
from hub.store.engine import dumps, loads
from hub.store.tables import Opportunity, Quarantine
from hub.web import show, typed
from mappings.language import load
from schemas.money import amount_text, money
from schemas.opportunity import Ask
from schemas.totals import totals
from schemas.values import build, canonical
from tests.hostile.four import ORGANISATION, TABLE, Four
from tests.sync.conftest import Make, connection, share, tree

PATH = "ask.requested"
LONG = "12345678901234567890123456789012345678"
EXACT = [
    ("0", "USD", "0"), ("-0", "USD", "0"), ("-0.00", "USD", "0"), ("12000.50", "USD", "12000.5"), ("1000", "JPY", "1000"),
    ("1.234", "KWD", "1.234"), ("0.001", "KWD", "0.001"), ("1.2345", "CLF", "1.2345"), ("100.00", "JPY", "100"),
    ("007", "USD", "7"), ("0.10", "USD", "0.1"), ("99999999999999.99", "USD", "99999999999999.99"), (LONG, "USD", LONG),
    (LONG[:-2] + ".01", "USD", LONG[:-2] + ".01"), ("1" + "0" * 37, "USD", "1" + "0" * 37), ("-5", "USD", "-5"),
]  # fmt: skip
NONE = [
    "1e400", "1E5", "1e-30", "NaN", "nan", "Infinity", "-Infinity", "inf", "true", "1,000", "1.000,00", "1 000", "1'000", "5 USD", "$5", "0x10",
    "1_000", ".5", "5.", "1/2", "²", "--5", "+-5", "12.500", "1.000", "-12.500", "1.2.3", "five", "=1+1", "1" * 39, "9" * 5_000, "0." + "1" * 40,
    Decimal("1E+400"), Decimal("NaN"), Decimal("-Infinity"), Decimal("sNaN"), Decimal("1E-30"), Decimal("0.30000000000000004"), True, False, 0.5,
    10**38, [5], [5, 6], {"a": 5},
]  # fmt: skip


@pytest.mark.parametrize("name", ["salesforce-outbound-funds", "airtable", "spreadsheet-generic"])
def test_a_mapping_reads_every_digit_from_text_and_from_numbers_and_writes_it_back(name: str) -> None:
    mapping = load(name)
    column, currency = mapping.way(PATH).columns
    for text, code, expected in EXACT:
        numbers: list[Any] = [text, Decimal(text)] + ([int(text)] if "." not in text else [])
        for given in numbers:
            raw = mapping.reduce({column: given, currency: code})
            reading = mapping.read(raw)
            assert reading.values[PATH] == {"amount": expected, "currency": code}
            assert column not in mapping.write(reading.values, raw).columns
        fresh = mapping.write({PATH: {"amount": expected, "currency": code}}, mapping.reduce({})).columns
        assert type(fresh[column]) in (int, Decimal) and amount_text(fresh[column]) == expected


@pytest.mark.parametrize("given", NONE, ids=lambda given: repr(given)[:30])
@pytest.mark.parametrize("name", ["salesforce-outbound-funds", "airtable", "spreadsheet-generic"])
def test_what_is_no_amount_is_a_problem_that_says_why(name: str, given: Any) -> None:
    mapping = load(name)
    column, currency = mapping.way(PATH).columns
    reading = mapping.read(mapping.reduce({column: given, currency: "USD"}))
    (problem,) = reading.problems
    assert problem.path == PATH and PATH not in reading.values
    assert any(word in problem.message for word in ("no number", "no amount", "decimals", "where a number", "may mean"))
    assert len(problem.message) < 250


def test_a_point_that_may_part_thousands_is_not_guessed_at_unless_the_mapping_says_what_it_is() -> None:
    mapping = load("spreadsheet-generic")
    for text, code, amount in [("12.500", "KWD", "12.5"), ("0.500", "USD", "0.5"), ("1234.500", "USD", "1234.5")]:
        reading = mapping.read(mapping.reduce({"Amount requested": text, "Currency": code}))
        assert reading.values[PATH]["amount"] == amount
    with pytest.raises(ValueError, match=r"12500 or 12\.5"):
        typed.parse(PATH, "12.500 USD")
    assert typed.parse(PATH, "12.500 KWD") == {"amount": "12.5", "currency": "KWD"}


def test_json_gives_the_digits_that_stood_there_and_takes_them_back() -> None:
    digits = ["0.30000000000000004", "0.1", "1.10", "12000.50", LONG, LONG + ".01", "-0.00", "9007199254740993"]
    found = strict_json.loads(f"[{','.join(digits)}]".encode())
    assert [format(Decimal(number), "f") for number in found] == digits
    assert json.loads(dump(found), parse_float=str, parse_int=str) == digits
    assert [format(Decimal(n), "f") for n in loads(dumps(found))] == digits
    for token in ("NaN", "Infinity", "-Infinity"):
        with pytest.raises(ValueError, match="is not a JSON number"):
            strict_json.loads(f"[{token}]".encode())


@pytest.mark.parametrize("amount", ["1e400", "NaN", "Infinity", "1,000", "0.001", "", 5, 0.5, True, None, Decimal(5)])
def test_the_models_and_the_canonical_form_refuse_what_is_no_amount(amount: Any) -> None:
    given = {"amount": amount, "currency": "USD"}
    with pytest.raises(ValueError):
        Ask.model_validate({"requested": given})
    with pytest.raises(ValueError):
        build({"title": "Wells", PATH: given})
    if not isinstance(amount, int | Decimal) or isinstance(amount, bool):
        with pytest.raises(ValueError):
            canonical(PATH, given)


def test_the_models_keep_every_digit() -> None:
    for text, code, expected in EXACT:
        built = build({"title": "Wells", PATH: {"amount": text, "currency": code}})
        assert built.ask.requested == {"amount": expected, "currency": code}
    for wrong in ({"amount": "5"}, {"amount": "5", "currency": "usd"}, {"amount": "5", "currency": "XYZ"}, {}):
        with pytest.raises(ValueError):
            Ask.model_validate({"requested": wrong})


@pytest.mark.parametrize(
    "text",
    ["1e400 USD", "NaN USD", "Infinity USD", "true", "1,000 USD", "1.000,00 USD", "12.500 USD", "5", "USD", "5 XYZ", "0.001 USD", "1.5 JPY", "-5 USD",
     "1.2.3 USD", ". USD", "5 USD EUR", "9" * 39 + " USD"],
)  # fmt: skip
def test_what_a_person_types_is_no_amount_unless_it_is_one(text: str) -> None:
    with pytest.raises(ValueError):
        typed.parse(PATH, text)


def test_an_amount_that_a_person_types_keeps_its_digits() -> None:
    for text, code, expected in EXACT:
        if not text.startswith("-"):
            assert typed.parse(PATH, f"{text} {code.lower()}") == {"amount": expected, "currency": code}
    assert typed.parse(PATH, " 12 000.50 USD ") == {"amount": "12000.5", "currency": "USD"}


def test_sums_lose_no_digit() -> None:
    facts = {PATH: money(LONG, "USD"), "ask.secured_elsewhere.amount": money("0.01", "USD")}
    pledges = [
        {"commitment.stage": stage, "commitment.amount": money(amount, "USD")}
        for stage, amount in (("pledged", "0.01"), ("committed", "1" + "0" * 36), ("paid", "0.03"))
    ]
    found = totals(facts, pledges)
    assert found["totals.committed"] == [{"amount": "1" + "0" * 36 + ".03", "currency": "USD"}]
    gap = int(LONG) * 100 - 10**38 - 5
    assert found["totals.gap"] == [{"amount": f"{gap // 100}.{gap % 100:02}", "currency": "USD"}]


def test_a_page_shows_every_digit(tmp_path: Path) -> None:
    from hub.web.app import create_app

    with Four(tmp_path) as four, create_app(four.hub).test_request_context("/"):
        for text, code, expected in EXACT:
            shown = show.words(PATH, money(text, code))
            number, unit = shown.replace(",", "").split()
            assert (Decimal(number), unit) == (Decimal(expected), code)


def test_no_amount_stops_nothing_on_either_database(make: Make) -> None:
    world = make(connection("a"), connection("b", imports=(), edits="accept"))
    for number, given in enumerate(NONE):
        if not isinstance(given, float) and not (isinstance(given, Decimal) and not given.is_finite()):
            share(world, Title=f"Wells {number}", Ask=given)
    for number, (text, code, _) in enumerate(EXACT):
        share(world, Title=f"Pumps {number}", Ask=Decimal(text), Currency=code)
    for _ in range(3):
        results = world.sync()
        assert {(r.state, r.message) for r in results.values()} == {("done", "")}
        waiting = [row for row in world.table(Quarantine) if row.state == "open"]
        assert {row.path for row in waiting} == {PATH} and len(waiting) == len(world.rows("a")) - len(EXACT)
    kept = {row.title: row.facts.get(PATH) for row in world.table(Opportunity)}
    copies = {row["Title"]: row for row in world.rows("b")}
    assert copies.keys() == kept.keys()
    for number, (_, code, expected) in enumerate(EXACT):
        title = f"Pumps {number}"
        assert kept[title] == {"amount": expected, "currency": code}
        assert amount_text(copies[title]["Ask"]) == expected and copies[title]["Currency"] == code
    assert all(value is None and "Ask" not in copies[t] for t, value in kept.items() if t.startswith("Wells"))
    assert world.quiet() == 0


def test_a_column_in_another_currency_cannot_hold_the_amount_and_says_so(make: Make) -> None:
    fixed = tree(fields={PATH: {"field": "Ask", "type": "money", "currency": "USD"}})
    world = make(connection("a"), connection("b", imports=(), edits="accept"), trees={"b": fixed})
    id = share(world, Ask=1000, Currency="JOD")
    world.sync()
    from hub.store.tables import Link

    (link,) = [row for row in world.table(Link) if row.connection_id == "b"]
    assert link.unholdable == {PATH: "The column holds USD; the value is in JOD."}
    assert "Ask" not in world.rows("b")[0] and world.rows("b")[0]["Summary"] == "Clean water" and world.quiet() == 0
    world.systems["a"].rows[id] |= {"Ask": 1500, "Currency": "USD"}
    world.sync()
    (link,) = [row for row in world.table(Link) if row.connection_id == "b"]
    assert link.unholdable == {} and world.rows("b")[0]["Ask"] == 1500


def test_every_system_gets_every_digit_or_says_that_it_cannot(tmp_path: Path) -> None:
    with Four(tmp_path) as four:
        sums = {f"Wells {n}": (text, code, expected) for n, (text, code, expected) in enumerate(EXACT)}
        four.share("csv", [{"title": title, "summary": "x", "organization.name": ORGANISATION} for title in sums])
        lines = four.csv.read_text().splitlines()
        for at, line in enumerate(lines[1:], 1):
            text, code, _ = sums[line.split(",")[3]]
            lines[at] = line.removesuffix(",,,") + f",{text},{code},"
        four.csv.write_text("\n".join(lines) + "\n")
        for _ in range(2):
            results = four.sync()
            assert {(r.state, r.message) for r in results.values()} == {("done", "")}
        assert four.quarantined() == []
        facts = four.opportunities()
        assert {f["title"]: f[PATH] for f in facts.values()} == {
            title: {"amount": expected, "currency": code} for title, (_, code, expected) in sums.items()
        }
        columns = {"salesforce": "Commons_Ask__c", "airtable": "Amount requested", "xlsx": "Amount requested"}
        for name, column in columns.items():
            for id, record in four.held(name).items():
                amount, shown = facts[id][PATH]["amount"], record.columns.get(column)
                digits = len(amount.replace(".", "").strip("-0"))
                if PATH in record.unholdable:
                    long = digits > 15 or Decimal(amount) >= 10**16
                    assert long or facts[id][PATH]["currency"] in ("KWD", "CLF"), (name, amount)
                else:
                    assert Decimal(str(shown)) == Decimal(amount), (name, amount, shown)
        for row in load_workbook(four.xlsx).active.iter_rows(min_row=2, values_only=True):
            assert not isinstance(row[9], str)
        before = four.writes()
        four.sync()
        assert four.writes() == before
        assert len(four.salesforce.rows(REQUEST)) == len(four.airtable.rows(TABLE)) == len(sums)

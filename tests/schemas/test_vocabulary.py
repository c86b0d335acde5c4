"""The vocabulary: what each field is, and the one form of its values."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import generate, sharing
from schemas.codes import CODES
from schemas.commitment import Commitment
from schemas.declared import Declared
from schemas.fields import FIELDS, UnknownPath, spec
from schemas.opportunity import Opportunity
from schemas.status import computed
from schemas.totals import totals
from schemas.values import TYPES, build, canonical, flatten, same
from schemas.when import over, when
from tests import values


def test_the_json_schemas_are_those_of_the_models() -> None:
    for name, model in generate.MODELS.items():
        kept = (generate.FOLDER / f"{name}.schema.json").read_text(encoding="utf-8")
        assert kept == generate.text(model), f"{name} differs: run python -m schemas.generate"


def test_the_matrix_of_who_sees_what_is_that_of_the_models() -> None:
    assert sharing.FILE.read_text(encoding="utf-8") == sharing.text(), "it differs: run python -m schemas.sharing"
    rows = sharing.text().count("\n| `")
    assert (
        rows == len(FIELDS)
        and "| `commitment.note` | Our note | each member, for itself | never: nobody else |" in sharing.text()
    )


def test_every_field_says_once_what_it_is() -> None:
    for part in (Opportunity, Commitment, *generate._parts(Opportunity)):
        for name, info in part.model_fields.items():
            declared = [m for m in info.metadata if isinstance(m, Declared)]
            nested = isinstance(info.annotation, type) and issubclass(info.annotation, Opportunity.__mro__[1])
            assert len(declared) == (0 if nested else 1), f"{part.__name__}.{name}"
    for path, field in FIELDS.items():
        assert field.type in TYPES and field.label, path
        assert (field.codes is None) or field.codes in CODES, path
        assert field.authority == ("member" if path.startswith("commitment.") else field.authority), path


def test_what_a_member_says_of_itself_is_never_public() -> None:
    own = {path: field.cls for path, field in FIELDS.items() if field.authority == "member"}
    assert own and "public" not in own.values() and own["commitment.note"] == "never"


@pytest.mark.parametrize("kind", ["project", "call"])
def test_both_kinds_need_a_title_and_take_no_strange_field(kind: Any) -> None:
    assert Opportunity(kind=kind, title="Wells").kind == kind
    for wrong in ({"kind": kind}, {"kind": kind, "title": ""}, {"kind": kind, "title": "x", "colour": "red"}):
        with pytest.raises(ValueError, match=r"title|colour"):
            Opportunity(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("typo", "closest"),
    [("titel", "title"), ("ask.requestd", "ask.requested"), ("commitment.stag", "commitment.stage")],
)
def test_an_unknown_path_names_the_closest(typo: str, closest: str) -> None:
    with pytest.raises(UnknownPath, match=f'Closest: "{closest}"'):
        spec(typo)


@given(st.data())
@settings(max_examples=300, deadline=None, derandomize=True)
def test_a_canonical_value_is_its_own_canonical_form_and_lives_through_json_and_the_model(data: st.DataObject) -> None:
    elsewhere = ("commitment.", "represented.", "candidate.")
    path = data.draw(st.sampled_from([p for p in FIELDS if not p.endswith("*") and not p.startswith(elsewhere)]))
    value = data.draw(values.of(path))
    assert canonical(path, value) == value
    assert json.loads(json.dumps(value)) == value
    if value is None or path in ("title", "kind"):
        return
    back = flatten(build({"title": "x", path: value}))
    assert same(path, back.get(path), value)


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("ask.requested", {"amount": 1.5, "currency": "USD"}, "no amount"),
        ("ask.requested", {"amount": "1e400", "currency": "USD"}, "no amount"),
        ("ask.requested", {"amount": "NaN", "currency": "USD"}, "no amount"),
        ("ask.requested", {"amount": "1.005", "currency": "USD"}, "3 decimals; USD has 2"),
        ("ask.requested", {"amount": "1", "currency": "usd"}, "ISO 4217"),
        ("ask.requested", {"amount": True, "currency": "USD"}, "no amount"),
        ("period.start", {"date": "2026-02-30"}, "calendar"),
        ("period.start", {"date": "soon"}, "no date"),
        ("themes", ["educaton"], "no value of Themes"),
        ("organization.country", "XX", "XX"),
        ("funding.expected_awards", Decimal("1.5"), "whole number"),
        ("named", "yes", "yes or no"),
    ],
)
def test_what_a_field_cannot_hold_is_refused_in_words(path: str, value: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        canonical(path, value)


def usd(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "USD"}


def test_a_member_counts_once_by_its_stage_and_nothing_is_converted() -> None:
    facts = {"ask.requested": usd("1000"), "ask.secured_elsewhere.amount": usd("100")}
    own = [
        {"commitment.stage": "pledged", "commitment.amount": usd("50.50")},
        {"commitment.stage": "committed", "commitment.amount": usd("200")},
        {"commitment.stage": "paid", "commitment.amount": usd("300")},
        {"commitment.stage": "committed", "commitment.amount": {"amount": "999", "currency": "EUR"}},
        {"commitment.stage": "exploring", "commitment.amount": usd("7777")},
        {"commitment.stage": "pledged"},
    ]
    found = totals(facts, own)
    assert found["totals.pledged"] == [usd("50.5")] and found["totals.paid"] == [usd("300")]
    assert found["totals.committed"] == [{"amount": "999", "currency": "EUR"}, usd("500")]
    assert found["totals.gap"] == [usd("349.5")] and found["totals.funders"] == 5
    assert computed("published", facts, found) == "partly_funded"
    full = totals(facts, [{"commitment.stage": "paid", "commitment.amount": usd("5000")}])
    assert full["totals.gap"] == [usd("0")] and computed("published", facts, full) == "fully_funded"
    assert computed("withdrawn", facts, full) == "withdrawn"


@pytest.mark.parametrize(
    ("form", "last"),
    [("2026-03-31", "2026-03-31"), ("2026-02", "2026-02-28"), ("2026-12", "2026-12-31"), ("2026-Q1", "2026-03-31"), ("2026-Q4", "2026-12-31"),
     ("2026", "2026-12-31")],
)  # fmt: skip
def test_a_date_is_over_after_its_last_day(form: str, last: str) -> None:
    day = date.fromisoformat(last)
    assert not over(when(form), day) and over(when(form), day + timedelta(days=1))


def test_what_has_no_end_is_never_over() -> None:
    far = date(9999, 1, 1)
    assert not any(over(value, far) for value in (None, when("rolling"), when("never"), when({"text": "soon"})))

"""Who is in on an opportunity's page: what a reader may know, what a person states, and what stays at home."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from hub.commons import ledger, positions
from hub.store import dues, opportunities, rates
from hub.store.tables import Commitment
from hub.web.ledger import bar
from tests.web.conftest import ROLES, Site, fill

SAID = {
    "stage": "pledged",
    "amount": "424242.50 USD",
    "date": "2026-12-01",
    "visibility": "hidden",
    "note": "zz-secret",
}
CANARIES = ("424242", "424,242", "zz-secret", "Oak Trust")


def state(site: Site, who: str, **said: str) -> str:
    """The page after the form was sent."""
    opportunity = site.ids["Opportunity"]
    answer = site.post(site.client(who), f"/opportunities/{opportunity}/position", **said)
    assert answer.status_code == 303 and answer.location.endswith("#ledger")
    return site.client(who).get(f"/opportunities/{opportunity}").text


def page(site: Site, who: str) -> str:
    return site.client(who).get(f"/opportunities/{site.ids['Opportunity']}").text


def kept(site: Site) -> dict[str, object]:
    with site.hub.reading() as conn:
        return opportunities.commitments(conn, [site.ids["Opportunity"]])[site.ids["Opportunity"]]["oak"].facts


@pytest.fixture
def filled(site: Site) -> Site:
    site.ids = fill(site.hub)
    return site


def test_a_position_is_hidden_until_it_is_shown_and_moves_no_number_before(filled: Site) -> None:
    own = state(filled, "officer.oak", **SAID)
    assert "424,242.50 USD" in own and "Your own position is hidden" in own and "zz-secret" in own
    for role in ROLES:
        others = page(filled, f"{role}.elm")
        # Who may recommend it to them, or hand it over, has their name to choose from.
        hidden = CANARIES[:3] if role in ("convener", "staff", "admin") else CANARIES
        assert not any(canary in others for canary in hidden), role
        assert "1,000 USD" in others and "Nobody has shown a commitment yet" in others
    own = state(filled, "officer.oak", **SAID | {"visibility": "anonymous"})
    others = page(filled, "officer.elm")
    assert "424,242.50 USD" in others and "a member" in others
    assert "Oak Trust" not in others and "zz-secret" not in others
    assert "Oak Trust" in own and "(you)" in own
    state(filled, "officer.oak", visibility="named")
    others = page(filled, "staff.elm")
    assert "Oak Trust" in others and "424,242.50 USD" in others and "zz-secret" not in others
    state(filled, "officer.oak", stage="declined")
    assert not any(canary in page(filled, "officer.elm") for canary in CANARIES)


def test_what_cannot_be_read_is_said_and_nothing_of_the_form_is_stored(filled: Site) -> None:
    before = kept(filled)
    shown = state(filled, "officer.oak", **SAID | {"amount": "a lot"})
    assert "Our amount: Write the amount with a point and its currency" in shown and kept(filled) == before
    shown = state(filled, "officer.oak", **SAID | {"stage": "dreaming"})
    assert re.search(r'class="said problem"[^>]*>\s*(<bdi>)?Our stage:', shown) and kept(filled) == before


def test_the_system_of_the_member_is_named_where_it_reports_the_position_as_well(filled: Site) -> None:
    assert "elm-sheet report it as well" in page(filled, "staff.elm")


def test_what_is_not_shared_with_a_member_takes_no_position_of_it(filled: Site) -> None:
    with filled.hub.writing() as conn:
        opportunities.change(conn, filled.ids["Opportunity"], audience="member:nobody")
    answer = filled.post(
        filled.client("officer.oak"), f"/opportunities/{filled.ids['Opportunity']}/position", stage="paid"
    )
    assert answer.status_code == 404 and kept(filled)["commitment.stage"] == "exploring"


def test_the_bar_is_as_long_as_what_is_asked_and_counts_nothing_twice() -> None:
    usd = lambda amount: {"amount": amount, "currency": "USD"}  # noqa: E731
    view = {
        "ask.requested": usd("1000"), "ask.secured_elsewhere.amount": usd("100"), "totals.pledged": [usd("200")],
        "totals.committed": [usd("300"), {"amount": "5", "currency": "EUR"}], "totals.paid": [usd("250")],
    }  # fmt: skip
    parts = {part.name: (part.start, part.length) for part in bar(view)}
    assert parts == {
        "paid": (0, 250),
        "committed": (250, 50),
        "pledged": (300, 200),
        "secured": (500, 100),
        "open": (600, 400),
    }
    over = {part.name: part.length for part in bar(view | {"totals.pledged": [usd("1600")]})}
    assert "open" not in over and sum(over.values()) == 1000 and over["pledged"] == 800
    assert bar({}) == [] == bar({"ask.requested": usd("0")})


def test_the_order_of_the_lines_does_not_tell_who_is_not_named() -> None:
    def of(member: str, amount: str, visibility: str = "anonymous") -> Commitment:
        facts = {"commitment.stage": "pledged", "commitment.amount": {"amount": amount, "currency": "USD"}}
        return Commitment(
            id=member, opportunity_id="o", member_id=member, facts=facts | {"commitment.visibility": visibility}
        )

    names = {"a": "Ash", "b": "Birch", "z": "Zelkova"}
    one = {"a": of("a", "1"), "b": of("b", "2"), "z": of("z", "3", "named")}
    other = {"a": of("a", "2"), "b": of("b", "1"), "z": of("z", "3", "named")}
    assert ledger.lines(one, "q", names) == ledger.lines(other, "q", names)
    assert ledger.table(one, "q", names) == "Zelkova: pledged 3 USD\na member: pledged 1 USD\na member: pledged 2 USD"
    assert ledger.table(one, "b", names) == "Birch: pledged 2 USD\nZelkova: pledged 3 USD\na member: pledged 1 USD"
    assert ledger.table({}, "q", names) is None


def test_the_steward_sees_beforehand_what_others_will_see(filled: Site) -> None:
    id = filled.ids["Opportunity"]
    facts = {"title": "Orchard", "named": False, "vetting.level": "full_dd", "vetting.valid_until": {"date": "2026-02"}}
    with filled.hub.writing() as conn:
        opportunities.change(conn, id, facts=facts, status="draft")
    positions.state(
        filled.hub,
        id,
        "elm",
        {"commitment.stage": "pledged", "commitment.note": "zz-elm", "commitment.visibility": "named"},
        "u1",
    )
    shown = filled.client("staff.elm").get(f"/opportunities/{id}/as-others-see-it").text
    assert "a member" in shown and "Elm Fund" not in shown.split("<h1>")[1] and "zz-elm" not in shown
    assert "Full due diligence" in shown and "lapsed, it was valid until" in shown and "nobody sees it yet" in shown
    assert "As others see it" in page(filled, "staff.elm") and "zz-elm" in page(filled, "staff.elm")
    with filled.hub.writing() as conn:
        opportunities.change(conn, id, facts=facts | {"vetting.valid_until": {"date": "2026"}}, status="published")
    theirs = page(filled, "staff.oak")
    assert "valid until" in theirs and "lapsed" not in theirs and "As others see it" not in theirs
    assert filled.client("staff.oak").get(f"/opportunities/{id}/as-others-see-it").status_code == 404


def test_other_currencies_make_a_range_at_the_rates_of_a_day_and_no_write(filled: Site) -> None:
    state(filled, "officer.oak", stage="pledged", amount="100 EUR", visibility="named")
    assert "still open: the least counts" not in page(filled, "staff.elm")
    with filled.hub.writing() as conn:
        before = list(conn.execute(dues.t.select()))
        rates.load(conn, {"2026-02-27": {"EUR": Decimal(1), "USD": Decimal("1.25")}})
    shown = page(filled, "staff.elm")
    assert "Between 875 USD and 1,000 USD still open" in shown and "2026-02-27" in shown
    with filled.hub.reading() as conn:
        assert list(conn.execute(dues.t.select())) == before

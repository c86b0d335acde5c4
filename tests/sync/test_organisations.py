"""Records that point at an organisation: found, asked about, created once."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.contract import Ambiguous, Record
from hub.store.tables import (
    ReferenceQuestion,
)
from hub.sync import references
from tests.sync.conftest import Make, World, connection, share, tree

REFERENCE = {
    "organization.name": False,
    "organization": {
        "field": "Account", "type": "reference", "object": "Accounts", "match": ["EIN", "Name"],
        "parts": {"name": "Name", "identifiers.US-EIN": "EIN"},
    },
}  # fmt: skip


def with_accounts(make: Make, *accounts: dict[str, Any]) -> World:
    create = {"Owner": {"user": "importer", "object": "Users", "match": "Email"}}
    world = make(
        connection("a"), connection("b", imports=(), importer="o@b.example"),
        trees={"b": tree(fields=REFERENCE, create=create)},
    )  # fmt: skip
    world.systems["b"].others["Accounts"] = [Record(f"acc{i}", a) for i, a in enumerate(accounts)]
    world.systems["b"].others["Users"] = [Record("user7", {"Email": "o@b.example"})]
    share(world)
    world.sync()
    return world


def test_an_imported_record_points_at_the_organisation_that_is_there_and_at_its_owner(make: Make) -> None:
    world = with_accounts(make, {"Name": "Upper Valley Trust", "EIN": "12"})
    (row,) = world.rows("b")
    assert row["Account"]["id"] == "acc0" and row["Owner"]["id"] == "user7"
    assert world.table(ReferenceQuestion) == [] and world.quiet() == 0


@pytest.mark.parametrize("accounts", [[], [{"Name": "Upper Valley Trust"}, {"Name": "Upper Valley Trust"}]])
def test_an_organisation_that_is_missing_or_ambiguous_is_a_question(make: Make, accounts: list[Any]) -> None:
    world = with_accounts(make, *accounts)
    (question,) = world.table(ReferenceQuestion)
    assert len(question.candidates) == len(accounts) and "Account" not in world.rows("b")[0]
    choice = "link:acc1" if accounts else "create"
    references.decide(world.hub, question.id, choice, "u1")
    world.sync()
    wanted = "acc1" if accounts else "Accounts-1"
    assert world.rows("b")[0]["Account"]["id"] == wanted
    assert world.quiet() == 0


def test_an_organisation_whose_creation_was_not_answered_is_found_again_and_not_doubled(make: Make) -> None:
    world = with_accounts(make)
    (question,) = world.table(ReferenceQuestion)
    references.decide(world.hub, question.id, "create", "u1")
    world.systems["b"].fault["add:after"] = [Ambiguous("the answer was lost")]
    assert world.sync()["b"].state == "incomplete"
    world.sync()
    assert [record.id for record in world.systems["b"].others["Accounts"]] == ["Accounts-1"]
    assert world.rows("b")[0]["Account"]["id"] == "Accounts-1" and world.quiet() == 0

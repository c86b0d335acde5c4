"""The commons as a publisher of the CommonGrants protocol: what a member's token gets there, and what nobody does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from common_grants_sdk.client import Auth, Client, Config
from common_grants_sdk.schemas.pydantic.models.opp_status import OppStatusOptions
from common_grants_sdk.schemas.pydantic.responses import Error, OpportunitiesListResponse
from sqlalchemy import select

from connectors.clock import ManualTime
from hub.app import Hub, open_hub
from hub.config_files import load
from hub.store.tables import Opportunity
from hub.sync.run import sync_all
from hub.tokens import create
from tests.two_hubs import COMMONS, Served
from tests.web.conftest import Site
from tests.web.test_api import FACTS, Program

ROOT = "/common-grants/opportunities"
CALL = {
    "title": "Rivers fund", "summary": "For clean rivers.", "opens": {"date": "2026-01-05"}, "closes": {"date": "2026-06-30"},
    "organization.name": "River Office", "source_url": "https://calls.example/rivers", "consent.scope": "listing",
    "funding.max_award": {"amount": "12500.5", "currency": "USD"}, "contact.public": "rivers@calls.example",
}  # fmt: skip
SECRETS = ("zz-person", "zz-contact", "zz-key", "zz-note", "zz-summary", "zz-ext", "424242", "Elm Fund")


class Reader(Program):
    """Calls of a program under the protocol's routes."""

    def ask(self, method: str = "GET", path: str = "", body: Any = None) -> Any:
        answer = self.client.open(
            ROOT + path, method=method, json=body, headers={"Authorization": f"Bearer {self.token}"}
        )
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    def found(self, **body: Any) -> list[str]:
        return [item["title"] for item in self.ask("POST", "/search", body)["items"]]


@pytest.fixture
def elm(site: Site) -> Reader:
    return Reader(site, "elm")


@pytest.fixture
def oak(site: Site) -> Reader:
    return Reader(site, "oak")


def test_a_project_is_never_an_open_call(elm: Reader, oak: Reader) -> None:
    project, call = elm.share(), elm.share("c-1", kind="call", facts=CALL)
    statuses = {item["title"]: item["status"] for item in oak.ask()["items"]}
    assert statuses["Rivers fund"]["value"] == "open"
    assert (statuses["Wells"]["value"], statuses["Wells"]["customValue"]) == ("custom", "seekingCoFunders")
    pledge = {"stage": "pledged", "visibility": "named", "amount": {"amount": "100", "currency": "USD"}}
    for amount, value, custom in (("100", "custom", "partiallyFunded"), ("500.5", "closed", None)):
        pledge["amount"] = {"amount": amount, "currency": "USD"}
        assert oak.change(project["id"], {"position": pledge}).status_code == 200
        status = elm.ask(path=f"/{project['id']}")["data"]["status"]
        assert (status["value"], status.get("customValue")) == (value, custom)
    for state in ("closed", "withdrawn"):
        assert elm.change(project["id"], {"state": state}).status_code == 200
        assert oak.ask(path=f"/{project['id']}")["data"]["status"]["value"] in ("closed", "custom")
        assert elm.change(call["id"], {"state": state}).status_code == 200
        assert oak.ask(path=f"/{call['id']}")["data"]["status"]["value"] == "closed"


def test_nothing_that_is_not_for_everyone_in_the_commons_is_in_it(elm: Reader, oak: Reader) -> None:
    facts = FACTS | {"named": False, "contact.person": "zz-person", "contact.public": "zz-contact", "vetting.summary": "zz-summary",
                     "extensions.x.y": "zz-ext"}  # fmt: skip
    made = elm.share("zz-key", facts=facts)
    hidden = {"stage": "pledged", "note": "zz-note", "amount": {"amount": "424242", "currency": "USD"}}
    assert oak.change(made["id"], {"position": hidden}).status_code == 200
    for reader in (elm, oak):
        said = [reader.ask(), reader.ask(path=f"/{made['id']}"), reader.ask("POST", "/search", {})]
        met = {secret for secret in SECRETS if secret in str(said)}
        assert met == set()
    assert elm.change(made["id"], {"facts": {"consent.scope": "contact", "named": True}}).status_code == 200
    custom = oak.ask(path=f"/{made['id']}")["data"]["customFields"]
    assert custom["contactInfo"]["value"] == {"description": "zz-contact"}
    assert custom["contributedBy"]["value"] == {"name": "Elm Fund"}


def test_a_reader_gets_what_is_shared_with_its_member_and_without_a_token_nothing(elm: Reader, oak: Reader) -> None:
    private = elm.share(audience="member:ash")
    draft = elm("POST", "/opportunities", {"key": "d", "facts": {"title": "Draft"}}).get_json()
    assert oak.ask()["items"] == [] and oak.found() == [] and elm.found() == ["Wells"]
    for id in (private["id"], draft["id"], "nobody"):
        answer = oak.client.get(f"{ROOT}/{id}", headers={"Authorization": f"Bearer {oak.token}"})
        assert answer.status_code == 404 and answer.mimetype == "application/json"
        assert Error.model_validate(answer.get_json()).status == 404
    bare = oak.client.get(ROOT)
    assert bare.status_code == 401 and bare.mimetype == "application/problem+json" and bare.get_json()["errors"] == []


def test_a_hidden_position_moves_neither_stamp_nor_order_and_a_shown_one_does(elm: Reader, oak: Reader) -> None:
    first = elm.share()
    elm.site.time.sleep(60)
    elm.share("w-2", facts=FACTS | {"title": "Later"})
    before = elm.ask()
    elm.site.time.sleep(60)
    hidden = {"stage": "pledged", "amount": {"amount": "5", "currency": "USD"}}
    assert oak.change(first["id"], {"position": hidden}).status_code == 200
    assert elm.ask() == before and [item["title"] for item in before["items"]] == ["Later", "Wells"]
    for visibility in ("named", "hidden"):
        elm.site.time.sleep(60)
        stamp = elm.ask(path=f"/{first['id']}")["data"]["lastModifiedAt"]
        assert oak.change(first["id"], {"position": {"visibility": visibility}}).status_code == 200
        assert elm.ask()["items"][0]["title"] == "Wells"
        assert elm.ask(path=f"/{first['id']}")["data"]["lastModifiedAt"] > stamp


def test_searching_filters_sorts_and_pages_as_the_protocol_says(elm: Reader, oak: Reader) -> None:
    elm.share()
    for number, (title, closes, amount) in enumerate((("Rivers", "2026-06-30", "90"), ("Lakes", "2026-03-01", "1000"))):
        money = {"amount": amount, "currency": "USD"}
        elm.share(
            f"c{number}",
            kind="call",
            facts=CALL | {"title": title, "closes": {"date": closes}, "funding.max_award": money},
        )
    among = {"operator": "in", "value": ["open", "forecasted"]}
    assert sorted(oak.found(filters={"status": among})) == ["Lakes", "Rivers"]
    assert oak.found(filters={"status": among | {"operator": "notIn"}}) == ["Wells"]
    assert oak.found(filters={"customFilters": {"opportunityKind": {"operator": "in", "value": ["project"]}}}) == [
        "Wells"
    ]
    spring = {"operator": "between", "value": {"min": "2026-02-01", "max": "2026-04-01"}}
    assert oak.found(filters={"closeDateRange": spring}) == ["Lakes"]
    assert oak.found(filters={"closeDateRange": spring | {"operator": "outside"}}) == ["Rivers"]
    usd = {name: {"amount": amount, "currency": "USD"} for name, amount in (("min", "80"), ("max", "100"))}
    assert oak.found(filters={"maxAwardAmountRange": {"operator": "between", "value": usd}}) == ["Rivers"]
    eur = {name: money | {"currency": "EUR"} for name, money in usd.items()}
    assert oak.found(filters={"maxAwardAmountRange": {"operator": "outside", "value": eur}}) == []
    assert oak.found(search=" VALLEY") == ["Wells"]
    by = {"sortBy": "funding.maxAwardAmount", "sortOrder": "asc"}
    assert oak.found(sorting=by) == ["Rivers", "Lakes", "Wells"]
    second = oak.ask("POST", "/search", {"sorting": by, "pagination": {"page": 2, "pageSize": 2}})
    assert [item["title"] for item in second["items"]] == ["Wells"]
    assert second["paginationInfo"] == {"page": 2, "pageSize": 2, "totalItems": 3, "totalPages": 2}
    odd = oak.ask("POST", "/search", {"filters": {"customFilters": {"x": {"operator": "eq", "value": None}}}})
    assert len(odd["items"]) == 3 and "x is no filter" in odd["filterInfo"]["errors"][0]
    for wrong in ({"filters": {"status": 1}}, {"sorting": {"sortBy": "id"}}, {"pagination": {"page": 0}}, []):
        answer = oak.client.post(f"{ROOT}/search", json=wrong, headers={"Authorization": f"Bearer {oak.token}"})
        assert answer.status_code == 400 and answer.mimetype == "application/problem+json", wrong


def test_what_the_store_answers_alone_is_what_looking_through_all_of_them_finds(elm: Reader, oak: Reader) -> None:
    """A filter that every item fits sends a search the long way."""
    for number, title in enumerate(("Wells", "apples", "Bees")):
        elm.site.time.sleep(60)
        elm.share(f"k{number}", facts=FACTS | {"title": title})
    elm.share("c-1", kind="call", facts=CALL)
    elm.share("h", audience="member:ash", facts=FACTS | {"title": "zz-private"})
    every = {"theme": {"operator": "notIn", "value": ["none"]}}
    for kind in ({}, *({"opportunityKind": {"operator": "eq", "value": each}} for each in ("project", "call"))):
        for by in ("lastModifiedAt", "createdAt", "title"):
            for order in ("asc", "desc"):
                body = {"sorting": {"sortBy": by, "sortOrder": order}, "pagination": {"page": 1, "pageSize": 2}}
                short, long = (
                    oak.ask("POST", "/search", body | {"filters": {"customFilters": each}})
                    for each in (kind, kind | every)
                )
                assert short["items"] == long["items"] and short["items"], (kind, by, order)
                assert short["paginationInfo"] == long["paginationInfo"]


def test_whoever_calls_too_often_is_told_when_to_go_on(elm: Reader, oak: Reader) -> None:
    for _ in range(600):
        elm.client.get("/api/v1/me", headers={"Authorization": f"Bearer {elm.token}"})
    for path in ("/api/v1/me", ROOT):
        late = elm.client.get(path, headers={"Authorization": f"Bearer {elm.token}"})
        assert late.status_code == 429 and late.headers["Retry-After"] == "1"
        assert late.mimetype == "application/problem+json"
    assert oak("GET", "/me").status_code == 200, "another token has its own"
    elm.site.time.sleep(1)
    assert elm("GET", "/me").status_code == 200


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Hub, Served, str]]:
    """A commons of Maple's on a real socket, with a project and a call, and a token of Oak's."""
    (tmp_path / "config.toml").write_text(COMMONS)
    hub = open_hub(load(tmp_path / "config.toml"), time=ManualTime())
    with Served(hub) as api:
        _row, token = create(hub, "maple", "seed", ["share"])
        for key, kind, facts in (("p", "project", FACTS), ("c", "call", CALL)):
            body = {"key": key, "kind": kind, "facts": facts}
            client = api.app.test_client()
            assert (
                client.post(
                    "/api/v1/opportunities", json=body, headers={"Authorization": f"Bearer {token}"}
                ).status_code
                == 201
            )
        yield hub, api, create(hub, "oak", "reader", ["read"])[1]
    hub.engine.dispose()


def test_the_protocols_own_client_lists_gets_and_searches(served: tuple[Hub, Served, str]) -> None:
    _hub, api, token = served
    for auth in (Auth.bearer(token), Auth.api_key(token)):
        with Client(Config(base_url=api.url, api_key=token, page_size=1), auth) as client:
            listed = client.opportunities.list()
            assert not listed.errors and {item.title for item in listed.items} == {"Wells", "Rivers fund"}
            [call] = client.opportunities.search("", status=[OppStatusOptions.OPEN, OppStatusOptions.FORECASTED]).items
            assert call.title == "Rivers fund" and call.funding.max_award_amount.amount == "12500.5"
            assert client.opportunities.get(call.id) == call
            assert call.key_dates.close_date.date.isoformat() == "2026-06-30"
            found = client.opportunities.search(
                "wells", filters={"opportunityKind": {"operator": "in", "value": ["project"]}}
            )  # type: ignore[arg-type]
            assert [item.status.custom_value for item in found.items] == ["seekingCoFunders"]


def test_every_answer_fits_the_models_of_the_protocol_with_no_null(served: tuple[Hub, Served, str]) -> None:
    _hub, api, token = served
    client = api.app.test_client()
    answer = client.get(ROOT, headers={"Authorization": f"Bearer {token}"})
    assert OpportunitiesListResponse.model_validate(answer.get_json()) and "null" not in answer.text


def test_another_hub_takes_up_our_calls_and_never_our_projects(served: tuple[Hub, Served, str], tmp_path: Path) -> None:
    _hub, api, token = served
    (house := tmp_path / "house").mkdir()
    (house / "config.toml").write_text(
        f"""
[hub]
database = "sqlite:///hub.db"
[members.elm]
name = "Elm"
[connections.theirs]
member = "elm"
system = "commongrants"
mapping = "commongrants"
shares = true
first_sync = "go"
allow_http = true
[connections.theirs.options]
url = "{api.url}"
key = "env:KEY"
"""
    )
    other = open_hub(load(house / "config.toml", {"KEY": token}), time=ManualTime())
    sync_all(other)
    with other.reading() as conn:
        rows = [Opportunity(**row._mapping) for row in conn.execute(select(vars(Opportunity)["__table__"]))]
    [call] = rows
    assert (call.kind, call.title, call.status) == ("call", "Rivers fund", "published")
    for path in ("summary", "organization.name", "funding.max_award", "source_url"):
        assert call.facts[path] == CALL[path]
    assert call.facts["closes"]["date"].startswith("2026-06-30")
    other.engine.dispose()

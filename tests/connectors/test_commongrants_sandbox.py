"""The stand-in against the protocol's own SDK, which others wrote: what it sends is what the SDK's models take."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
import requests
from common_grants_sdk.client import Auth, Client, Config
from common_grants_sdk.client.exceptions import APIError
from common_grants_sdk.schemas.pydantic.fields import DateRangeEvent, SingleDateEvent
from common_grants_sdk.schemas.pydantic.models import OpportunityBase
from common_grants_sdk.schemas.pydantic.models.opp_status import OppStatusOptions
from common_grants_sdk.schemas.pydantic.responses import Error, OpportunitiesListResponse

from connectors.clock import ManualTime
from connectors.commongrants.sandbox import CommonGrantsSandbox, serve
from connectors.sandbox import Fault

KEY = "a-key-of-the-publisher"
CALL: dict[str, Any] = {
    "title": "Clean water for small towns",
    "description": "Pipes & pumps",
    "keyDates": {
        "postDate": {
            "name": "Posted", "eventType": "dateRange", "startDate": "2026-02-01", "endDate": "2026-02-03",
        },
        "closeDate": {"name": "Due", "eventType": "singleDate", "date": "2026-06-30", "time": "17:00:00"},
        "otherDates": {"questions": {"name": "Questions", "eventType": "other", "details": "Every Tuesday"}},
    },
    "funding": {"maxAwardAmount": {"amount": "12500.50", "currency": "USD"}, "estimatedAwardCount": 4},
    "acceptedApplicantTypes": [{"value": "custom", "customValue": "Water boards"}],
    "customFields": {"agency": {"name": "Agency", "fieldType": "object", "value": {"name": "Office of Rivers"}}},
    "source": "https://calls.example/water",
}  # fmt: skip


@pytest.fixture
def there() -> Iterator[CommonGrantsSandbox]:
    with serve({"key": KEY, "opportunities": [CALL]}, time=ManualTime()) as sandbox:
        yield sandbox


def client(there: CommonGrantsSandbox, key: str = KEY) -> Client:
    return Client(Config(base_url=there.url, api_key=key, page_size=2), Auth.api_key(key))


def raw(there: CommonGrantsSandbox, path: str = "", **params: Any) -> requests.Response:
    url = f"{there.url}/common-grants/opportunities{path}"
    return requests.get(url, params=params, headers={"X-API-Key": KEY}, timeout=5)


def test_the_sdk_reads_every_part_of_a_call(there: CommonGrantsSandbox) -> None:
    (call,) = client(there).opportunities.list().items
    alone = client(there).opportunities.get(call.id)
    assert isinstance(alone, OpportunityBase) and alone == call
    assert call.status.value is OppStatusOptions.OPEN and call.title == CALL["title"]
    assert isinstance(call.key_dates.close_date, SingleDateEvent) and isinstance(
        call.key_dates.post_date, DateRangeEvent
    )
    assert (call.key_dates.close_date.date, call.key_dates.close_date.time) == (date(2026, 6, 30), time(17))
    assert call.funding.max_award_amount.amount == "12500.50"
    assert call.get_custom_field_value("agency", dict) == {"name": "Office of Rivers"}
    assert call.last_modified_at == datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_the_sdk_pages_through_the_list_newest_first(there: CommonGrantsSandbox) -> None:
    for number in range(5):
        there.time.sleep(60)
        there.write(None, {"title": f"Call {number}"})
    with client(there) as reader:
        titles = [call.title for call in reader.opportunities.list().items]
        second = reader.opportunities.list(page=2)
    assert titles == [*(f"Call {number}" for number in (4, 3, 2, 1, 0)), CALL["title"]]
    assert [call.title for call in second.items] == ["Call 2", "Call 1"]
    assert (second.pagination_info.total_items, second.pagination_info.total_pages) == (6, 3)


def test_the_sdk_searches_by_text_and_status(there: CommonGrantsSandbox) -> None:
    there.write(None, {"title": "Old water", "status.value": "closed"})
    there.write(None, {"title": "Schools"})
    with client(there) as reader:
        found = reader.opportunities.search("water", status=[OppStatusOptions.OPEN, OppStatusOptions.FORECASTED])
        unknown = reader.opportunities.search(
            filters={"closeDateRange": {"operator": "between", "value": {"min": "2026-01-01", "max": "2026-12-31"}}}
        )  # type: ignore[arg-type]
    assert [call.title for call in found.items] == [CALL["title"]] and not found.errors
    assert len(unknown.items) == 3 and unknown.filter_info.errors, "a filter that is not known is said so, with 200"


def test_refusals_are_in_the_protocols_envelope(there: CommonGrantsSandbox) -> None:
    for answer, status in (
        (raw(there, "/nobody"), 404), (raw(there, page=0), 400), (raw(there, pageSize="many"), 400),
        (requests.get(f"{there.url}/common-grants/opportunities", timeout=5), 401),
        (requests.delete(f"{there.url}/common-grants/opportunities", headers={"X-API-Key": KEY}, timeout=5), 405),
    ):  # fmt: skip
        assert answer.status_code == status and Error.model_validate(answer.json()).status == status
    with pytest.raises(APIError):
        client(there, "wrong").opportunities.list()


def test_nothing_optional_is_null_unless_told_so(there: CommonGrantsSandbox) -> None:
    there.write(None, {"title": "Bare", "funding.details": None, "customFields.fiscalYear": None})
    body = raw(there).json()
    assert None not in _leaves(body) and OpportunitiesListResponse.model_validate(body)
    there.nulls = True
    assert None in _leaves(raw(there).json()), "as many publishers do"


def test_an_edit_moves_the_stamp_unless_told_not_to(there: CommonGrantsSandbox) -> None:
    (id,) = there.publisher.calls
    before = raw(there, f"/{id}").json()["data"]
    there.time.sleep(60)
    there.write(id, {"title": "Quietly"}, stamped=False)
    quiet = raw(there, f"/{id}").json()["data"]
    there.write(id, {"title": "Loudly"})
    loud = raw(there, f"/{id}").json()["data"]
    assert quiet["title"] == "Quietly" and quiet["lastModifiedAt"] == before["lastModifiedAt"] < loud["lastModifiedAt"]
    assert loud["createdAt"] == before["createdAt"]


def test_list_and_single_call_disagree_for_a_while(there: CommonGrantsSandbox) -> None:
    (id,) = there.publisher.calls

    def shown() -> tuple[str, str]:
        return raw(there).json()["items"][0]["title"], raw(there, f"/{id}").json()["data"]["title"]

    there.lag(600)
    there.write(id, {"title": "New"})
    assert shown() == (CALL["title"], "New")
    there.time.sleep(601)
    assert shown() == ("New", "New")
    there.get_lags(600)
    there.write(id, {"title": "Newer"})
    assert shown() == ("Newer", "New")


def test_it_limits_calls_and_misbehaves_on_request(there: CommonGrantsSandbox) -> None:
    there.limit.calls = 2
    answers = [raw(there) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    there.time.sleep(int(answers[2].headers["Retry-After"]))
    there.misbehave(Fault("status", status=503))
    assert [raw(there).status_code for _ in range(2)] == [503, 200]


def test_its_page_shows_calls_and_edits_them(there: CommonGrantsSandbox) -> None:
    (id,) = there.publisher.calls
    page = f"{there.url}/_sandbox/t/opportunities"
    assert CALL["title"] in requests.get(page, timeout=5).text
    typed = {"title": "By hand", "keyDates.closeDate": "2026-07-31", "source": ""}
    requests.post(f"{page}/{id}", data=typed, timeout=5)
    call = raw(there, f"/{id}").json()["data"]
    assert call["title"] == "By hand" and call["keyDates"]["closeDate"]["date"] == "2026-07-31" and "source" not in call
    assert "has a title" in requests.post(f"{page}/new", data={"title": ""}, timeout=5).text
    requests.post(f"{page}/{id}/delete", timeout=5)
    assert raw(there).json()["items"] == []


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict | list):
        return [leaf for each in (value.values() if isinstance(value, dict) else value) for leaf in _leaves(each)]
    return [value]

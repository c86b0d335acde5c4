"""Signing in to Salesforce in both ways, the org's clock, and how many of its daily calls the hub takes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors.clock import ManualTime
from connectors.contract import Budget, Draft, Invalid, QuotaSpent, Secret, Settings, SignInFailed, Wanted
from connectors.salesforce import connector as system
from connectors.salesforce.connector import Salesforce
from connectors.salesforce.sandbox import CLIENT_ID, CLIENT_SECRET, SalesforceSandbox
from connectors.sandbox import Fault
from connectors.transport import Transport

REQUEST = "outfunds__Funding_Request__c"
WANTED = Wanted(REQUEST, ("Name", "Commons_Id__c"), "Commons_Id__c")
USER = "hub@integration.example"


@cache
def keys(name: str) -> tuple[str, str]:
    """A key pair as PEM texts, private and public."""
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = made.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


@pytest.fixture
def sandbox() -> Iterator[SalesforceSandbox]:
    with SalesforceSandbox(time=ManualTime(), certificate=keys("app")[1]) as server:
        yield server


def opened(sandbox: SalesforceSandbox, *, time: ManualTime | None = None, **options: Any) -> Salesforce:
    settings = Settings("cedar", {"url": sandbox.url, "client_id": CLIENT_ID, **options})
    transport = Transport(hosts=system.hosts(settings), time=time or sandbox.time, jitter=lambda: 0.0)
    return Salesforce(settings, WANTED, transport)


def by_assertion(sandbox: SalesforceSandbox, **options: Any) -> Salesforce:
    return opened(sandbox, **{"username": USER, "private_key": Secret(keys("app")[0])} | options)


def by_secret(sandbox: SalesforceSandbox, **options: Any) -> Salesforce:
    return opened(sandbox, client_secret=Secret(CLIENT_SECRET), **options)


def refused(connector: Salesforce) -> str:
    with pytest.raises((SignInFailed, Invalid)) as error:
        connector.find("k")
    return str(error.value)


# --- the JWT bearer flow -----------------------------------------------------


def test_an_assertion_signed_with_the_apps_key_signs_in_and_carries_no_secret(sandbox: SalesforceSandbox) -> None:
    assert by_assertion(sandbox).find("k") == []
    (sent,) = sandbox.calls("POST", "/oauth2/token")
    assert sent.body.startswith(b"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=")
    assert b"PRIVATE" not in sent.body and b"client_secret" not in sent.body


def test_a_key_whose_line_ends_are_written_out_is_the_same_key(sandbox: SalesforceSandbox) -> None:
    key = Secret(keys("app")[0].replace("\n", "\\n"))
    assert by_assertion(sandbox, private_key=key).find("k") == []


def test_an_expired_token_is_renewed_by_a_fresh_assertion(sandbox: SalesforceSandbox) -> None:
    connector = by_assertion(sandbox)
    connector.find("k")
    sandbox.time.sleep(timedelta(hours=3).total_seconds())
    assert connector.find("k") == []
    first, second = sandbox.calls("POST", "/oauth2/token")
    assert first.body != second.body


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"private_key": Secret(keys("another")[0])}, "certificate of private_key"),
        ({"username": "nobody@cedar.example"}, "username"),
        ({"audience": "https://cedar.my.salesforce.com"}, "audience"),
        ({"client_id": "another"}, "client_id"),
        ({"private_key": Secret("-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----")}, "PEM form"),
        ({"username": ""}, "username"),
        ({"client_secret": Secret("hunter2")}, "not both"),
        ({"private_key": None}, "client_secret"),
    ],
)
def test_each_thing_that_can_be_wrong_with_an_assertion_is_named(
    sandbox: SalesforceSandbox, options: dict[str, Any], word: str
) -> None:
    told = refused(by_assertion(sandbox, **options))
    assert word in told and "hunter2" not in told and "MII" not in told
    failed = [check for check in by_assertion(sandbox, **options).check() if not check.ok]
    assert [check.name for check in failed] == ["sign-in"] and word in failed[0].detail and failed[0].fix


def test_an_inactive_user_is_let_in_no_more(sandbox: SalesforceSandbox) -> None:
    sandbox.org.update("User", sandbox.org.runs_as, {"IsActive": False})
    assert "active user" in refused(by_assertion(sandbox))


# --- clocks ------------------------------------------------------------------


@pytest.mark.parametrize(("minutes", "words"), [(-20, "20 minutes behind"), (600, "10 hours ahead of")])
def test_a_clock_that_is_off_is_named_by_the_check_and_stops_no_sign_in(
    sandbox: SalesforceSandbox, minutes: int, words: str
) -> None:
    off = ManualTime(sandbox.time.now() + timedelta(minutes=minutes))
    clock = next(check for check in by_secret(sandbox, time=off).check() if check.name == "clock")
    assert not clock.ok and words in clock.detail and "time server" in clock.detail
    assert by_assertion(sandbox, time=off).find("k") == []
    assert words in refused(by_assertion(sandbox, time=off, username="nobody@cedar.example"))


def test_a_clock_that_is_a_minute_off_is_right_enough(sandbox: SalesforceSandbox) -> None:
    off = ManualTime(sandbox.time.now() - timedelta(minutes=1))
    assert all(check.ok for check in by_assertion(sandbox, time=off).check())


# --- the daily limit ---------------------------------------------------------


def test_the_share_of_the_daily_calls_is_respected_and_the_rest_left_to_others(sandbox: SalesforceSandbox) -> None:
    sandbox.api.allowed = 100
    connector = by_secret(sandbox, daily_share=10)
    for number in range(10):
        connector.find(str(number))
    with pytest.raises(QuotaSpent) as error:
        connector.find("one too many")
    assert "of its 100 API calls" in str(error.value) and "daily_share" in str(error.value)
    assert len(sandbox.calls("GET", "/query")) == 10
    assert connector.budget() == Budget(used=11, allowed=100, seconds=86_400, stop=10)


def test_a_batch_that_meets_the_share_reports_what_was_not_sent(sandbox: SalesforceSandbox) -> None:
    sandbox.api.allowed = 10
    connector = opened(sandbox, client_secret=Secret(CLIENT_SECRET), daily_share=20, api_version="v45.0")
    done = connector.create([Draft(key, {"Name": key}) for key in "abcd"])
    assert [type(outcome.error) for outcome in done] == [type(None), type(None), QuotaSpent, QuotaSpent]


def test_calls_of_others_count_too(sandbox: SalesforceSandbox) -> None:
    sandbox.api.used = 90_000
    connector = by_secret(sandbox)
    connector.find("tells how many are used")
    with pytest.raises(QuotaSpent):
        connector.find("k")


def test_a_header_that_says_nothing_is_left_is_not_believed_without_asking(sandbox: SalesforceSandbox) -> None:
    connector = by_secret(sandbox)
    body = '{"totalSize":0,"done":true,"records":[]}'
    lie = {"Sforce-Limit-Info": "api-usage=100/100"}
    sandbox.misbehave(Fault("status", path="/query", status=200, headers=lie, body=body))
    connector.find("k")
    assert connector.find("k") == [] and len(sandbox.calls("GET", "/limits")) == 1


def test_a_days_end_frees_the_connection(sandbox: SalesforceSandbox) -> None:
    sandbox.api.used = 90_000
    connector = by_secret(sandbox)
    connector.find("k")
    sandbox.api.used = 0
    assert connector.find("k") == []


def test_the_share_of_one_app_is_not_taken_for_the_orgs(sandbox: SalesforceSandbox) -> None:
    connector = by_secret(sandbox)
    told = {"Sforce-Limit-Info": "api-usage=25/5000; per-app-api-usage=17/250(appName=sample-connected-app)"}
    body = '{"totalSize":0,"done":true,"records":[]}'
    sandbox.misbehave(Fault("status", path="/query", status=200, headers=told, body=body))
    connector.find("k")
    assert connector.budget() == Budget(used=25, allowed=5000, seconds=86_400, stop=4000)


@pytest.mark.parametrize("share", [0, 101, "80%", True, 0.8])
def test_a_share_that_makes_no_sense_is_refused_with_a_right_one(sandbox: SalesforceSandbox, share: Any) -> None:
    with pytest.raises(Invalid, match="daily_share"):
        by_secret(sandbox, daily_share=share)

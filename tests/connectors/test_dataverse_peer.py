"""The Dataverse stand-in, driven by Microsoft's own client for Python.

It is not among the test dependencies, for it brings pandas and numpy (some 170 MB installed) for a handful of calls:
``pip install PowerPlatform-Dataverse-Client`` lets these tests run.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import trustme

from connectors.dataverse.sandbox import CLIENT_ID, CLIENT_SECRET, TENANT, DataverseSandbox

dataverse = pytest.importorskip("PowerPlatform.Dataverse.client", reason="Microsoft's client is not installed.")
REQUEST = "msnfp_request"


class Token(NamedTuple):
    token: str
    expires_on: int


class Credential:
    """As azure-identity's credentials are used; those insist on Microsoft's own sign-in."""

    def __init__(self, sandbox: DataverseSandbox) -> None:
        self.sandbox = sandbox

    def get_token(self, *scopes: str, **more: Any) -> Token:
        form = {
            "grant_type": "client_credentials",
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "scope": scopes[0],
        }
        status, body = self.sandbox.sign_in.token(TENANT, form, "application/x-www-form-urlencoded")
        assert status == 200, body
        return Token(body["access_token"], 2**31)


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DataverseSandbox]:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "authority.pem"))
    with DataverseSandbox(ssl_context=context) as server:
        yield server


@pytest.fixture
def client(sandbox: DataverseSandbox) -> Iterator[Any]:
    with dataverse.DataverseClient(sandbox.url, Credential(sandbox)) as opened:
        yield opened


def test_it_creates_reads_changes_and_deletes(sandbox: DataverseSandbox, client: Any) -> None:
    id = client.records.create(REQUEST, {"msnfp_name": "Wells", "msnfp_amountrequested": 5000})
    client.records.update(REQUEST, id, {"msnfp_name": "Wells and pumps"})
    read = client.records.retrieve(REQUEST, id, select=["msnfp_name", "msnfp_amountrequested"])
    assert (read["msnfp_name"], read["msnfp_amountrequested"]) == ("Wells and pumps", 5000)
    client.records.delete(REQUEST, id)
    assert sandbox.rows(REQUEST) == [] and client.records.retrieve(REQUEST, id) is None


def test_it_binds_a_lookup_by_its_navigation_name(sandbox: DataverseSandbox, client: Any) -> None:
    account = client.records.create("account", {"name": "Cedar Trust"})
    bound = {"msnfp_name": "Wells", "msnfp_RecipientId_account@odata.bind": f"/accounts({account})"}
    id = client.records.create(REQUEST, bound)
    assert client.records.retrieve(REQUEST, id)["_msnfp_recipientid_value"] == account


def test_it_pages_through_a_filtered_list(sandbox: DataverseSandbox, client: Any) -> None:
    for number in range(7):
        sandbox.write(REQUEST, None, {"msnfp_name": f"Project {number}", "msnfp_amountrequested": number})
    pages = client.records.list_pages(
        REQUEST, select=["msnfp_name"], filter="msnfp_amountrequested ge 2", orderby=["msnfp_name desc"], page_size=2
    )
    assert [[row["msnfp_name"][-1] for row in page] for page in pages] == [["6", "5"], ["4", "3"], ["2"]]


def test_it_upserts_by_the_alternate_key(sandbox: DataverseSandbox, client: Any) -> None:
    for name in ("Once", "Twice"):
        client.records.upsert(REQUEST, [{"alternate_key": {"commons_id": "key-1"}, "record": {"msnfp_name": name}}])
    assert [(row["commons_id"], row["msnfp_name"]) for row in sandbox.rows(REQUEST)] == [("key-1", "Twice")]


def test_its_batches_go_on_after_an_error_where_told_so(sandbox: DataverseSandbox, client: Any) -> None:
    for go_on, made in ((False, 1), (True, 2)):
        batch = client.batch.new()
        for name in ("one", "x" * 200, "three"):
            batch.records.create(REQUEST, {"msnfp_name": name})
        result = batch.execute(continue_on_error=go_on)
        assert result.has_errors and len(result.succeeded) == made
    assert [row["msnfp_name"] for row in sandbox.rows(REQUEST)] == ["one", "one", "three"]


def test_its_change_sets_are_all_or_nothing(sandbox: DataverseSandbox, client: Any) -> None:
    batch = client.batch.new()
    with batch.changeset() as together:
        together.records.create(REQUEST, {"msnfp_name": "one"})
        together.records.create(REQUEST, {"msnfp_name": "x" * 200})
    assert batch.execute().has_errors and sandbox.rows(REQUEST) == []
    batch = client.batch.new()
    with batch.changeset() as together:
        account = together.records.create("account", {"name": "Cedar Trust"})
        together.records.create(REQUEST, {"msnfp_name": "one", "msnfp_RecipientId_account@odata.bind": account})
    assert not batch.execute().has_errors
    assert sandbox.rows(REQUEST)[0]["msnfp_recipientid"] == ("account", sandbox.rows("account")[0]["accountid"])


def test_a_refusal_reaches_it_with_its_code(client: Any) -> None:
    from PowerPlatform.Dataverse.core.errors import HttpError

    with pytest.raises(HttpError) as raised:
        client.records.create(REQUEST, {"msnfp_name": "x" * 101})
    assert raised.value.status_code == 400 and "0x80044331" in repr(raised.value.to_dict())

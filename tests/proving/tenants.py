"""Test tenants of every writable connector: a stand-in with somebody else's record in it, and a configuration."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from connectors.airtable.sandbox import serve as serve_airtable
from connectors.clock import ManualTime
from connectors.dataverse import sandbox as dataverse
from connectors.dataverse.sandbox import DataverseSandbox
from connectors.fluxx.sandbox import serve as serve_fluxx
from connectors.salesforce.sandbox import CLIENT_ID, CLIENT_SECRET, SalesforceSandbox
from connectors.sandbox import Sandbox, Seen
from connectors.submittable.sandbox import serve as serve_submittable
from hub.cli import main
from hub.demo import seeds
from tests import submittable
from tests.connectors import fluxx_site

CANARY = "CANARY of somebody else"
SECRET = "the-secret-of-this-tenant"
OFFICER = "officer@cedar.example"
Rows = Callable[[], list[dict[str, Any]]]


@dataclass
class Tenant:
    """``rows``: what the system holds now, of the object that is proved."""

    folder: Path
    time: ManualTime
    rows: Rows
    sandbox: Sandbox | None = None
    secrets: list[str] = field(default_factory=list)

    def prove(self, *words: str) -> Result:
        """The real command line, on the stand-in's clock."""
        command = ["prove", "cedar", *words, "--config", str(self.folder / "config.toml")]
        return CliRunner().invoke(main, command, obj=self.time, catch_exceptions=False)

    def others(self) -> list[dict[str, Any]]:
        """Rows that are not of a proof."""
        return [row for row in self.rows() if "Commons Hub proof" not in json.dumps(row, default=str)]

    def left(self) -> list[dict[str, Any]]:
        """Rows of a proof that are still there."""
        return [row for row in self.rows() if "Commons Hub proof" in json.dumps(row, default=str)]

    def seen(self) -> list[Seen]:
        return list(self.sandbox.seen) if self.sandbox else []


def configure(folder: Path, system: str, mapping: str, secret: str, options: dict[str, Any], **more: Any) -> None:
    for name, text in (("secret", secret), ("unused", SECRET)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)
    settings = {"member": "cedar", "system": system, "mapping": mapping, "shares": True, "allow_http": True} | more
    lines = [
        "[hub]",
        'database = "sqlite:///hub.db"',
        "[members.cedar]",
        'name = "Cedar Foundation"',
        "[connections.cedar]",
    ]
    lines += [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    lines += ["[connections.cedar.options]", *(f"{name} = {json.dumps(value)}" for name, value in options.items())]
    (folder / "config.toml").write_text("\n".join(lines))


OBJECTS: dict[str, tuple[str, dict[str, Any]]] = {
    "salesforce-outbound-funds": ("outfunds__Funding_Request__c", {"Name": CANARY}),
    "salesforce-nonprofit-cloud": (
        "IndividualApplication",
        {"ApplicationName": CANARY, "Category": "Grant Application", "Status": "Submitted", "AppliedDate": "2026-01-01T00:00:00Z"},
    ),
    "salesforce-nonprofit-cloud-calls": ("FundingOpportunity", {"Name": CANARY, "Status": "Planned"}),
    "salesforce-npsp": ("Opportunity", {"Name": CANARY, "StageName": "Prospecting", "CloseDate": "2026-12-31"}),
}  # fmt: skip


@contextmanager
def salesforce(folder: Path, mapping: str, **options: Any) -> Iterator[Tenant]:
    time = ManualTime()
    object, other = OBJECTS[mapping]
    with SalesforceSandbox(time=time) as org:
        org.seed({"users": [{"Email": OFFICER, "Name": "An Officer"}]})
        org.write(object, None, other | {"Commons_Share__c": True})
        given = {"url": org.url, "client_id": CLIENT_ID, "client_secret": "file:secret"}
        if mapping == "salesforce-npsp":
            grant = next(row["Id"] for row in org.rows("RecordType") if row["DeveloperName"] == "Grant")
            org.write(object, org.rows(object)[0]["Id"], {"RecordTypeId": grant})
            given["record_type"] = "Grant"
        configure(folder, "salesforce", mapping, CLIENT_SECRET, given | options, importer=OFFICER)
        yield Tenant(folder, time, lambda: org.rows(object), org, [CLIENT_SECRET])


@contextmanager
def fluxx(folder: Path, **options: Any) -> Iterator[Tenant]:
    time = ManualTime()
    other = {"project_title": CANARY, "commons_share": True}
    with serve_fluxx(fluxx_site.seed(records={"grant_request": [other]}), time=time) as site:
        given = {"url": site.url, "client_id": fluxx_site.CLIENT, "client_secret": "file:secret", "model_theme": 7}
        configure(folder, "fluxx", "fluxx", fluxx_site.SECRET, given | options, importer=fluxx_site.OFFICER["email"])
        yield Tenant(folder, time, lambda: _living(site.rows("grant_request")), site, [fluxx_site.SECRET])


def _living(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if not row.get("deleted_at")]


@contextmanager
def of_dataverse(folder: Path, **options: Any) -> Iterator[Tenant]:
    time = ManualTime()
    with DataverseSandbox(time=time) as environment:
        users = [{"fullname": "An Officer", "internalemailaddress": OFFICER}]
        environment.seed(
            {"rows": {"systemuser": users, "msnfp_request": [{"msnfp_name": CANARY, "commons_share": True}]}}
        )
        given = {
            "url": environment.url, "authority": environment.url, "tenant": dataverse.TENANT,
            "client_id": dataverse.CLIENT_ID, "client_secret": "file:secret",
        }  # fmt: skip
        configure(folder, "dataverse", "dataverse", dataverse.CLIENT_SECRET, given | options, importer=OFFICER)
        yield Tenant(folder, time, lambda: environment.rows("msnfp_request"), environment, [dataverse.CLIENT_SECRET])


@contextmanager
def of_submittable(folder: Path, **options: Any) -> Iterator[Tenant]:
    time = ManualTime()
    with serve_submittable(submittable.seed(), time=time) as sandbox:
        sandbox.write(submittable.OWN, None, {"Title": CANARY, "Share with the commons": "Yes"})
        given = submittable.options(sandbox, imports=True) | {"key": "file:secret"}
        configure(folder, "submittable", "submittable", submittable.KEY, given | options)
        rows = lambda: [sandbox.cells(one) for one in sandbox.organisation.submissions]  # noqa: E731
        yield Tenant(folder, time, rows, sandbox, [submittable.KEY])


@contextmanager
def airtable(folder: Path, **options: Any) -> Iterator[Tenant]:
    time = ManualTime()
    with serve_airtable(seeds.airtable("appCedar000000001", []), time=time, calls=None) as sandbox:
        sandbox.write("Opportunities", None, {"Title": CANARY, "Share": True})
        given = {"url": sandbox.api, "base": "appCedar000000001", "token": "file:secret"}
        configure(folder, "airtable", "airtable", seeds.SECRET, given | options)
        yield Tenant(folder, time, lambda: sandbox.rows("Opportunities"), sandbox, [seeds.SECRET])


@contextmanager
def spreadsheet(folder: Path, **options: Any) -> Iterator[Tenant]:
    sheet = folder / "projects.csv"
    with sheet.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(
            [["No.", "Title", "Summary", "Organisation", "Share", "Commons ID", "Commons status"],
             ["1", CANARY, "of others", "Others", "Yes", "", ""]]
        )  # fmt: skip
    configure(folder, "spreadsheet", "spreadsheet-generic", SECRET, {"path": str(sheet), "writable": True} | options)

    def rows() -> list[dict[str, Any]]:
        with sheet.open(newline="", encoding="utf-8") as file:
            return [filled for row in csv.DictReader(file) if (filled := {c: v for c, v in row.items() if v})]

    yield Tenant(folder, ManualTime(), rows)


Open = Callable[..., AbstractContextManager[Tenant]]


def _mapped(mapping: str) -> Open:
    return lambda folder, **options: salesforce(folder, mapping, **options)


TENANTS: dict[str, Open] = {
    **{mapping: _mapped(mapping) for mapping in OBJECTS},
    "fluxx": fluxx,
    "dataverse": of_dataverse,
    "submittable": of_submittable,
    "airtable": airtable,
    "spreadsheet": spreadsheet,
}


def states(output: str) -> dict[str, str]:
    """The state of each step, as a report has it."""
    lines = re.findall(r"^  (ok|FAILED|n/a|not reached) +([a-z -]+?)(?:: .*)?$", output, re.M)
    return {step: state for state, step in lines}

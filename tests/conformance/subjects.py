"""Every connector of the house and its stand-in system, as the kit wants them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from openpyxl import Workbook, load_workbook

from connectors.airtable.sandbox import serve as serve_airtable
from connectors.contract import Raw, Reference, Secret, Wanted
from connectors.dataverse import sandbox as dataverse
from connectors.fluxx.sandbox import serve as serve_fluxx
from connectors.google_sheets.sandbox import serve as serve_sheets
from connectors.pdc.sandbox import serve as serve_pdc
from connectors.pdc.sandbox_state import user as pdc_user
from connectors.salesforce.sandbox import CLIENT_ID, CLIENT_SECRET, SalesforceSandbox
from connectors.submittable.sandbox import serve as serve_submittable
from hub.app import wanted
from hub.conformance import kit
from mappings.language import load
from tests.rest.subjects import Rest as Rest
from tests.rest.subjects import RestCompared as RestCompared

COLUMNS = ["No.", "Title", "Commons ID", "Private"]


class Airtable(kit.Subject):
    system = "airtable"
    wanted = Wanted("Rows", ("Title", "Commons ID", "Amount"), "Commons ID")
    text, unwanted = "Title", "Private"
    spoil = {"Amount": "not a number"}
    token = Secret("patTest-of-the-kit")

    @contextmanager
    def running(self) -> Iterator[str]:
        fields = [{"name": name, "type": "multilineText"} for name in ("Title", "Commons ID", "Private")]
        fields += [{"name": "Amount", "type": "number", "options": {"precision": 0}}]
        tables = {"Rows": {"fields": fields, "records": []}}
        seed = {"base": "appConformance001", "token": self.token.reveal(), "tables": tables}
        with serve_airtable(seed, time=self.time, calls=None) as self.sandbox:
            self.sandbox.lists.most = 2
            yield self.sandbox.url

    def options(self, url: str) -> Raw:
        return {"url": f"{url}/v0", "base": "appConformance001", "token": self.token}

    def plant(self, cells: Raw) -> str:
        return self.sandbox.write("Rows", None, cells)

    def alter(self, id: str, cells: Raw) -> None:
        self.sandbox.write("Rows", id, cells)

    def remove(self, id: str) -> None:
        self.sandbox.remove("Rows", id)

    def lock_out(self) -> None:
        self.token = Secret("patWrong")

    def plant_as(self, id: str, cells: Raw) -> None:
        rows = self.sandbox.base.table("Rows").rows
        row = rows.pop(self.plant(cells))
        row.id, rows[id] = id, row

    def twin(self, id: str) -> str:
        return id[:3] + id[3:].swapcase()

    def lag(self, reads: int) -> None:
        self.sandbox.lists.lag(reads, self.sandbox.base.tables)


class AirtableWithoutKey(Airtable):
    """A base whose people will not have a column for ids: creates are plain, and are not repeatable."""

    wanted = Wanted("Rows", ("Title", "Amount"))

    @classmethod
    def title(cls) -> str:
        return "airtable, no key"


class Fluxx(kit.Subject):
    """A site whose lists are five minutes behind: what a colleague changed is looked for after that."""

    system = "fluxx"
    wanted = Wanted("grant_request", ("project_title", "migrate_id", "amount_requested"), "migrate_id")
    text, unwanted = "project_title", "all_notes"
    spoil = {"amount_requested": "not a number"}
    integer_keys = True
    secret = Secret("a-secret-of-the-kit")

    @contextmanager
    def running(self) -> Iterator[str]:
        themes = [{"id": 7, "name": "Project grants", "model_type": "GrantRequest"}]
        seed = {
            "client_secret": self.secret.reveal(),
            "fields": [{"name": "project_title"}],
            "records": {"model_theme": themes},
        }
        with serve_fluxx(seed, time=self.time) as self.sandbox:
            self.sandbox.lists.most = 2
            yield self.sandbox.url

    def options(self, url: str) -> Raw:
        return {"url": url, "client_id": "commons-hub-sandbox", "client_secret": self.secret, "model_theme": 7}

    def plant(self, cells: Raw) -> str:
        return self.sandbox.write("grant_request", None, cells)

    def alter(self, id: str, cells: Raw) -> None:
        self.sandbox.write("grant_request", id, cells)
        self.time.sleep(self.sandbox.site.lag)

    def remove(self, id: str) -> None:
        self.sandbox.remove("grant_request", id)

    def erase(self, id: str) -> None:
        del self.sandbox.site.rows["grant_request"][int(id)]

    def lock_out(self) -> None:
        self.secret = Secret("wrong")

    def plant_as(self, id: str, cells: Raw) -> None:
        """Its ids are never used again, but support can bring a deleted record back."""
        self.sandbox.site.restore("grant_request", int(id))
        self.alter(id, cells)

    def lag(self, reads: int) -> None:
        self.sandbox.lists.lag(reads)


class Salesforce(kit.Subject):
    """With the mapping of the Outbound Funds Module; the others stand below, each with another way to sign in or to write."""

    system = "salesforce"
    mapping: ClassVar[str] = "salesforce-outbound-funds"
    wanted = wanted(load("salesforce-outbound-funds"))
    text, unwanted = "Name", "outfunds__Closed_reason__c"
    spoil = {"Name": "x" * 300}
    unique_keys = True
    secret = Secret(CLIENT_SECRET)

    @classmethod
    def title(cls) -> str:
        return f"salesforce, {cls.mapping}"

    @contextmanager
    def running(self) -> Iterator[str]:
        with SalesforceSandbox(time=self.time, certificate=app_keys()[1]) as self.sandbox:
            self.sandbox.api.most_a_page = 2
            yield self.sandbox.url

    def options(self, url: str) -> Raw:
        return {"url": url, "client_id": CLIENT_ID, "client_secret": self.secret}

    def plant(self, cells: Raw) -> str:
        id = self.sandbox.write(self.wanted.object, None, cells)
        self.time.sleep(2)  # its version is a time in seconds
        return id

    def alter(self, id: str, cells: Raw) -> None:
        self.sandbox.write(self.wanted.object, id, cells)
        self.time.sleep(2)

    def remove(self, id: str) -> None:
        self.sandbox.remove(self.wanted.object, id)

    def erase(self, id: str) -> None:
        self.remove(id)
        self.sandbox.org.purge(self.wanted.object, id)

    def lock_out(self) -> None:
        self.secret = Secret("wrong")

    def plant_as(self, id: str, cells: Raw) -> None:
        """Its ids are never used again, but a record comes back out of the recycle bin."""
        self.sandbox.org.undelete(self.wanted.object, id)
        self.alter(id, cells)

    def lag(self, reads: int) -> None:
        self.sandbox.api.lag(reads)


class Submittable(kit.Subject):
    system = "submittable"
    wanted = Wanted("submissions", ("Title", "Commons ID", "Amount", "submissionStatus"), "Commons ID")
    text, unwanted = "Title", "Private"
    spoil = {"Amount": "not a number"}
    secret = Secret("key-of-the-kit")

    @contextmanager
    def running(self) -> Iterator[str]:
        own = [{"label": label, "type": "short_answer"} for label in ("Title", "Commons ID", "Private")]
        fields = [*own, {"label": "Amount", "type": "number"}]
        arrival = [{"label": "Title", "type": "title"}, {"label": "Commons ID", "type": "short_answer"}]
        forms = {"Commons": {"type": "internal", "fields": fields}, "Arrival": {"type": "initial", "fields": arrival}}
        projects = {"Rows": {"initial": "Arrival", "internal": "Commons"}}
        seed = {"key": self.secret.reveal(), "forms": forms, "projects": projects}
        with serve_submittable(seed, time=self.time) as self.sandbox:
            self.sandbox.lists.most = 2
            yield self.sandbox.url

    def options(self, url: str) -> Raw:
        there = self.sandbox.organisation
        form, project = there.form("Commons").id, there.project("Rows").id
        who = {"submitter_first_name": "Commons", "submitter_last_name": "Hub"}
        return {"url": url, "key": self.secret, "internal_form": form, "project": project, **who}

    def plant(self, cells: Raw) -> str:
        return self.sandbox.write("Rows", None, cells)

    def alter(self, id: str, cells: Raw) -> None:
        self.sandbox.write("Rows", id, cells)

    def remove(self, id: str) -> None:
        self.sandbox.remove(id)

    def lock_out(self) -> None:
        self.secret = Secret("wrong")

    def plant_as(self, id: str, cells: Raw) -> None:
        there = self.sandbox.organisation.submissions
        one = there.pop(self.plant(cells))
        one.id, there[id] = id, one

    def lag(self, reads: int) -> None:
        self.sandbox.lag(reads)


class Dataverse(kit.Subject):
    system = "dataverse"
    wanted = Wanted("msnfp_request", ("msnfp_name", "commons_id", "commons_share", "commons_status"), "commons_id")
    text, unwanted = "msnfp_name", "msnfp_purpose"
    spoil = {"commons_status": 5}
    unique_keys = True
    secret = Secret(dataverse.CLIENT_SECRET)

    @contextmanager
    def running(self) -> Iterator[str]:
        with dataverse.DataverseSandbox(time=self.time) as self.sandbox:
            self.sandbox.lists.most = 2
            yield self.sandbox.url

    def options(self, url: str) -> Raw:
        whom = {"tenant": dataverse.TENANT, "client_id": dataverse.CLIENT_ID, "client_secret": self.secret}
        return {"url": url, "authority": url, **whom}

    def plant(self, cells: Raw) -> str:
        return self.sandbox.write("msnfp_request", None, cells)

    def alter(self, id: str, cells: Raw) -> None:
        self.sandbox.write("msnfp_request", id, cells)

    def remove(self, id: str) -> None:
        self.sandbox.remove("msnfp_request", id)

    def lock_out(self) -> None:
        self.secret = Secret("wrong")

    def plant_as(self, id: str, cells: Raw) -> None:
        self.sandbox.env.insert("msnfp_request", cells, id)


class DataverseWithAwards(Dataverse):
    """Each request with its award and through its lookups: more tables, and a feed for each."""

    wanted = Wanted(
        "msnfp_request",
        ("msnfp_name", "commons_id", "transactioncurrencyid.isocurrencycode", "msnfp_award.msnfp_awardamount"),
        "commons_id",
        {"msnfp_recipientid": Reference("account", ("name",))},
    )
    spoil = {"transactioncurrencyid.isocurrencycode": "XXX"}

    @classmethod
    def title(cls) -> str:
        return "dataverse, with awards"

    def plant(self, cells: Raw) -> str:
        account = self.sandbox.write("account", None, {"name": "Cedar Trust"})
        id = super().plant({**cells, "msnfp_recipientid": ("account", account)})
        award = {"msnfp_name": "Award", "msnfp_awardamount": 5000, "msnfp_requestid": ("msnfp_request", id)}
        self.sandbox.write("msnfp_award", None, award)
        return id


class SalesforceNonprofitCloud(Salesforce):
    """Every record stands in two objects: an application and its award."""

    mapping = "salesforce-nonprofit-cloud"
    wanted = wanted(load("salesforce-nonprofit-cloud"))
    text, unwanted = "ApplicationName", "InternalStatus"
    fields = {"Category": "Grant Application", "AppliedDate": "2026-01-05T10:00:00Z"}
    spoil = {"ApplicationName": "x" * 300}

    def plant(self, cells: Raw) -> str:
        id = super().plant(cells)
        self.sandbox.write("FundingAward", None, {"Name": "Award", "Amount": 5000, "IndividualApplicationId": id})
        return id


class SalesforceCalls(Salesforce):
    """Unguarded: the hub reads and compares, and what it writes goes 200 a call."""

    mapping = "salesforce-nonprofit-cloud-calls"
    wanted = wanted(load("salesforce-nonprofit-cloud-calls"))
    text, unwanted = "Name", "ApplicationInstructions"

    def options(self, url: str) -> Raw:
        return super().options(url) | {"guard": "none"}


class SalesforceGrantSeeker(Salesforce):
    """Signed in by certificate, listing one record type, edits guarded inside composite requests."""

    mapping = "salesforce-npsp"
    wanted = wanted(load("salesforce-npsp"))
    text, unwanted = "Commons_Title__c", "npsp__Closed_Lost_Reason__c"
    fields = {"Name": "Alder Fund 2026", "StageName": "Prospecting", "CloseDate": "2026-12-31"}
    spoil = {"Commons_Title__c": "x" * 300}
    user = "hub@integration.example"

    def options(self, url: str) -> Raw:
        key = Secret(app_keys()[0])
        return {
            "url": url,
            "client_id": CLIENT_ID,
            "username": self.user,
            "private_key": key,
            "record_type": "Grant",
            "guard": "composite",
        }

    def plant(self, cells: Raw) -> str:
        grant = next(row["Id"] for row in self.sandbox.rows("RecordType") if row["DeveloperName"] == "Grant")
        return super().plant({"RecordTypeId": grant} | cells)

    def lock_out(self) -> None:
        self.user = "nobody@integration.example"


@cache
def app_keys() -> tuple[str, str]:
    """A key pair as PEM texts, private and public: of an external client app."""
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    private = made.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    public = made.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


class GoogleSheets(kit.Subject):
    """A tab with a title above its header, whose rows are known by a column of their own."""

    system = "google-sheets"
    wanted = Wanted("Rows", ("Title", "Commons ID"), "Commons ID")
    text, unwanted = "Title", "Private"
    spoil = {"Title": "x" * 50_001}

    @contextmanager
    def running(self) -> Iterator[str]:
        tabs = {"Rows": [["Everything we fund"], COLUMNS]}
        with serve_sheets({"spreadsheets": {"book": {"tabs": tabs}}}, time=self.time, limit=None) as self.sandbox:
            self.sandbox.tab("Rows").height = 60  # blank rows are looked at too
            yield self.sandbox.url

    def options(self, url: str) -> Raw:
        there = {"url": f"{url}/v4/spreadsheets", "token_url": f"{url}/token"}
        return {**there, "spreadsheet": "book", "key": Secret(self.sandbox.key), "id": "No.", "header": 2}

    def plant(self, cells: Raw) -> str:
        id = f"r{len(self.sandbox.rows('Rows', 2)) + 1:03}"
        self.plant_as(id, cells)
        return id

    def plant_as(self, id: str, cells: Raw) -> None:
        self.sandbox.write("Rows", None, {"No.": id} | cells, header=2)

    def twin(self, id: str) -> str:
        return id.upper()

    def alter(self, id: str, cells: Raw) -> None:
        self.sandbox.write("Rows", self.at(id), cells, header=2)

    def remove(self, id: str) -> None:
        self.sandbox.tab("Rows").delete(self.at(id))

    def lock_out(self) -> None:
        self.sandbox.accounts.disabled = True

    def at(self, id: str) -> int:
        cells = self.sandbox.tab("Rows").cells
        return next(row for (row, column), cell in cells.items() if column == 1 and cell.value == id)


class Pdc(kit.Subject):
    """Proposals to one of two opportunities. Nothing is deleted there: an erased one was never a service's."""

    system = "pdc"
    wanted = Wanted("proposals", ("proposal_name", "externalId", "ask.amount", "ask.currency"), "externalId")
    text, unwanted = "proposal_name", "private"
    spoil = {"ask.amount": "twelve"}
    secret = Secret("a-secret-of-the-kit")

    @contextmanager
    def running(self) -> Iterator[str]:
        types = {"proposal_name": "string", "ask": "currency", "private": "string"}
        calls = [{"title": "Rows", "forms": [list(types)]}, {"title": "Others", "forms": [["proposal_name"]]}]
        seed = {
            "clients": {"hub": self.secret.reveal()},
            "baseFields": types,
            "opportunities": calls,
            "sources": ["GMS"],
        }
        with serve_pdc(seed, time=self.time) as self.sandbox:
            self.sandbox.most, self.sandbox.commons.history = 4, 3  # hundreds of versions would be read at every look
            yield self.sandbox.url

    def options(self, url: str) -> Raw:
        there = {"url": url, "token_url": url + self.sandbox.token_url.removeprefix(self.sandbox.url)}
        return {**there, "client_id": "hub", "client_secret": self.secret, "opportunity": 1, "form": 1, "source": 1}

    def plant(self, cells: Raw) -> str:
        return str(self.sandbox.write(1, None, cells, by=pdc_user("hub")))

    def alter(self, id: str, cells: Raw) -> None:
        self.sandbox.write(1, int(id), cells)

    def remove(self, id: str) -> None:
        rows = self.sandbox.commons.proposals
        rows[:] = [each for each in rows if each["id"] != int(id)]

    def lock_out(self) -> None:
        self.secret = Secret("wrong")

    def plant_as(self, id: str, cells: Raw) -> None:
        made = self.sandbox.commons.proposals
        self.plant(cells)
        made[-1]["id"] = int(id)


class Csv(kit.Subject):
    system = "spreadsheet"
    wanted = Wanted("rows", ("Title", "Commons ID"), "Commons ID")
    text, unwanted = "Title", "Private"
    wire = False
    file = "rows.csv"

    @classmethod
    def title(cls) -> str:
        return f"spreadsheet, {cls.file}"

    @contextmanager
    def running(self) -> Iterator[str]:
        with TemporaryDirectory() as folder:
            self.path = Path(folder) / self.file
            self.store([])
            yield ""

    def options(self, url: str) -> Raw:
        return {"path": str(self.path), "id": "No.", "writable": True}

    def plant(self, cells: Raw) -> str:
        id = f"r{len(self.load()) + 1:03}"
        self.plant_as(id, cells)
        return id

    def plant_as(self, id: str, cells: Raw) -> None:
        self.store([*self.load(), {"No.": id} | cells])

    def twin(self, id: str) -> str:
        return id.upper()

    def alter(self, id: str, cells: Raw) -> None:
        self.store([row | cells if row["No."] == id else row for row in self.load()])

    def remove(self, id: str) -> None:
        self.store([row for row in self.load() if row["No."] != id])

    def cut_off(self) -> None:
        self.path.unlink()

    def load(self) -> list[Raw]:
        with self.path.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def store(self, rows: list[Raw]) -> None:
        with self.path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(rows)


class Xlsx(Csv):
    file = "rows.xlsx"

    def load(self) -> list[Raw]:
        rows = list(load_workbook(self.path).active.iter_rows(values_only=True))
        return [{c: v for c, v in zip(COLUMNS, row, strict=True) if v is not None} for row in rows[1:]]

    def store(self, rows: list[Raw]) -> None:
        book = Workbook()
        book.active.append(COLUMNS)
        for row in rows:
            book.active.append([row.get(column) for column in COLUMNS])
        book.save(self.path)

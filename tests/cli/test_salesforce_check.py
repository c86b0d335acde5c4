"""``hub check`` of a Salesforce connection: each wrong set-up is named, with what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from connectors.clock import ManualTime
from connectors.salesforce.sandbox import CLIENT_ID, CLIENT_SECRET, SalesforceSandbox
from connectors.sandbox import Fault
from hub.cli import main
from tests.conformance.subjects import app_keys

CONFIG = """
[hub]
database = "sqlite:///hub.db"
[members.alder]
name = "Alder Foundation"
[connections.alder]
member = "alder"
system = "salesforce"
mapping = "{mapping}"
allow_http = true
{more}
[connections.alder.options]
url = "{url}"
client_id = "{client}"
{secret}
"""
OBJECTS = {
    "salesforce-outbound-funds": "outfunds__Funding_Request__c",
    "salesforce-nonprofit-cloud": "IndividualApplication",
    "salesforce-nonprofit-cloud-calls": "FundingOpportunity",
    "salesforce-npsp": "Opportunity",
}
SECRET = 'client_secret = "file:secret"'
KEY = 'private_key = "file:server.key"\nusername = "hub@integration.example"'


class Desk:
    """An administrator's desk: a configuration, and an org to set up wrongly."""

    def __init__(self, folder: Path, sandbox: SalesforceSandbox) -> None:
        self.folder, self.sandbox = folder, sandbox
        for name, text in (("secret", CLIENT_SECRET), ("server.key", app_keys()[0])):
            (folder / name).write_text(text)
            (folder / name).chmod(0o600)

    def change(self, mapping: str, how: Callable[..., object]) -> None:
        object = OBJECTS[mapping]
        self.sandbox.org.objects[object] = how(self.sandbox.org.objects[object])  # type: ignore[assignment]

    def check(
        self, mapping: str, *, secret: str = SECRET, client: str = CLIENT_ID, more: str = "", options: str = ""
    ) -> tuple[int, str]:
        """Exit code, and the failures with their ways out."""
        text = CONFIG.format(mapping=mapping, url=self.sandbox.url, secret=secret, client=client, more=more)
        text += f"{options}\n"
        (self.folder / "config.toml").write_text(text)
        done = CliRunner().invoke(main, ["check", "--config", str(self.folder / "config.toml")])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        lines = done.output.splitlines()
        failed = [
            f"{line} {after.strip()}" for line, after in zip(lines, [*lines[1:], ""], strict=True) if "FAIL" in line
        ]
        return done.exit_code, "\n".join(failed)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with SalesforceSandbox(certificate=app_keys()[1]) as sandbox:
        yield Desk(tmp_path, sandbox)


@pytest.mark.parametrize("mapping", OBJECTS)
@pytest.mark.parametrize("secret", [SECRET, KEY], ids=["secret", "certificate"])
def test_an_org_set_up_as_the_readme_says_is_all_good(desk: Desk, mapping: str, secret: str) -> None:
    assert desk.check(mapping, secret=secret) == (0, "")


@pytest.mark.parametrize("mapping", OBJECTS)
@pytest.mark.parametrize(
    ("how", "fault", "way_out"),
    [
        (lambda object: object.without("edit"), "may not edit", "permission set"),
        (lambda object: object.without("create", "edit"), "may not create, edit", "permission set"),
        (lambda object: object.hiding("Commons_Share__c"), "shows no Commons_Share__c", "create the field"),
        (lambda object: object.changing("Commons_Id__c", unique=False), "Commons_Id__c is not Unique", "Text, length 64, Unique"),
        (lambda object: object.changing("Commons_Id__c", external_id=False), "is no External ID", "External ID"),
        (lambda object: object.changing("Commons_Id__c", length=18), "of length 18", "length 64"),
        (lambda object: object.hiding("Commons_Id__c"), "There is no field Commons_Id__c", "Create it in Setup"),
        (
            lambda object: object.changing("Commons_Status__c", restricted=True, values=("Draft", "Open", "Closed")),
            'maps "Withdrawn", which "Commons_Status__c" lacks',
            "Add it there, or map another",
        ),
        (lambda object: object.changing("Commons_Status__c", writable=False), '"Commons_Status__c", which cannot be written', 'way = "in"'),
    ],
    ids=["no edit", "no create", "no field", "key not unique", "key not external", "key too short", "no key", "no value", "read only"],
)  # fmt: skip
def test_what_is_set_up_wrongly_is_named_with_its_remedy(
    desk: Desk, mapping: str, how: Callable[..., object], fault: str, way_out: str
) -> None:
    desk.change(mapping, how)
    code, failed = desk.check(mapping)
    assert code == 1 and fault in failed and way_out in failed, failed


def test_wrong_credentials_are_named_and_not_shown(desk: Desk) -> None:
    (desk.folder / "secret").write_text("hunter2")
    code, failed = desk.check("salesforce-outbound-funds")
    assert code == 1 and "sign-in" in failed and "client_secret" in failed and "hunter2" not in failed
    assert "client_id" in desk.check("salesforce-outbound-funds", client="another")[1]
    desk.sandbox.sign_in.certificate = None
    assert "upload the certificate" in desk.check("salesforce-outbound-funds", secret=KEY)[1]


def test_a_clock_that_is_off_is_named(tmp_path: Path) -> None:
    with SalesforceSandbox(time=ManualTime()) as sandbox:
        code, failed = Desk(tmp_path, sandbox).check("salesforce-outbound-funds")
    assert code == 1 and "clock" in failed and "time server" in failed


def test_an_org_with_one_currency_is_told_what_to_write(desk: Desk) -> None:
    desk.change("salesforce-npsp", lambda object: object.hiding("CurrencyIsoCode"))
    code, failed = desk.check("salesforce-npsp")
    assert code == 1 and 'currency = "USD"' in failed and "extends" in failed
    (desk.folder / "one.toml").write_text(
        'extends = "salesforce-npsp"\n[fields]\n"ask.requested" = { field = "Commons_Ask__c", currency = "USD" }\n'
        '"ask.total_cost" = { field = "Commons_Total_Cost__c", currency = "USD" }\n'
    )
    assert desk.check((desk.folder / "one.toml").as_posix()) == (0, "")


def test_an_award_that_the_user_may_not_see_is_named_with_its_permission(desk: Desk) -> None:
    del desk.sandbox.org.objects["FundingAward"]
    code, failed = desk.check("salesforce-nonprofit-cloud")
    assert code == 1 and "part FundingAward" in failed and "Manage Funding Awards" in failed


def test_a_field_that_is_shorter_than_the_mapping_believes_is_told_without_failing(desk: Desk) -> None:
    desk.change("salesforce-nonprofit-cloud", lambda object: object.changing("ApplicationName", length=80))
    assert desk.check("salesforce-nonprofit-cloud")[0] == 0
    shown = CliRunner().invoke(main, ["check", "--config", str(desk.folder / "config.toml")]).output
    assert "longer than the 80 characters" in shown and "max = 80" in shown


FUNDS = "salesforce-outbound-funds"


def test_an_importer_who_is_no_user_there_is_named(desk: Desk) -> None:
    desk.sandbox.seed({"users": [{"Email": "ruth.ferris@alder.example", "Name": "Ruth Ferris"}]})
    assert desk.check(FUNDS, more='importer = "ruth.ferris@alder.example"') == (0, "")
    code, failed = desk.check(FUNDS, more='importer = "ruth@alder.example"')
    assert code == 1 and "No active User here has the address ruth@alder.example" in failed
    (user,) = [row["Id"] for row in desk.sandbox.rows("User") if row["LastName"] == "Ferris"]
    desk.sandbox.org.update("User", user, {"IsActive": False})
    assert desk.check(FUNDS, more='importer = "ruth.ferris@alder.example"')[0] == 1, "who left can own nothing"
    del desk.sandbox.org.objects["User"]
    code, failed = desk.check(FUNDS, more='importer = "ruth.ferris@alder.example"')
    assert code == 1 and "importer" in failed and "Let the connection's user read User" in failed


@pytest.mark.parametrize(
    ("object", "how", "fault", "way_out"),
    [
        ("outfunds__Funding_Request__c", None, "Describing outfunds__Funding_Request__c", "may read the object"),
        ("Account", None, "Describing Account", "Let the integration user read Account"),
        ("Account", lambda object: object.hiding("EIN__c"), "Account shows no EIN__c", "create the field on Account"),
        (
            "outfunds__Funding_Request__c",
            lambda object: object.changing("outfunds__Applying_Organization__c", refers=("Contact",)),
            "points at Contact, not Account", "Correct the mapping's object",
        ),
        (
            "outfunds__Funding_Request__c",
            lambda object: object.changing("Commons_Id__c", writable=False), "may not be written", "let the integration user edit it",
        ),
    ],
    ids=["object not readable", "account not readable", "no number of organisations", "another lookup", "key not writable"],
)  # fmt: skip
def test_what_the_permission_set_leaves_out_is_named(
    desk: Desk, object: str, how: Callable[..., object] | None, fault: str, way_out: str
) -> None:
    kinds = desk.sandbox.org.objects
    if how is None:
        del kinds[object]
    else:
        kinds[object] = how(kinds[object])  # type: ignore[assignment]
    code, failed = desk.check(FUNDS)
    assert code == 1 and fault in failed and way_out in failed, failed


@pytest.mark.parametrize(
    ("options", "fault", "way_out"),
    [
        ('api_version = "v99.0"', "does not offer v99.0", 'the newest is "v67.0"'),
        ('record_type = "Grants"', "no record type 'Grants'", "Record Types for the developer name"),
        ("daily_share = 1", "has used 2,001 of its 100,000 API calls", "Nothing is wrong with the set-up"),
    ],
)
def test_an_option_that_does_not_fit_the_org_is_named(desk: Desk, options: str, fault: str, way_out: str) -> None:
    desk.sandbox.api.used = 1_999
    code, failed = desk.check(FUNDS, options=options)
    assert code == 1 and fault in failed and way_out in failed, failed


def test_an_org_that_answers_from_elsewhere_and_one_that_is_none_are_told_apart(desk: Desk) -> None:
    desk.sandbox.instance_url = "https://alder.other.example"
    code, failed = desk.check(FUNDS)
    assert code == 1 and 'set instance_host = "alder.other.example"' in failed
    desk.sandbox.misbehave(Fault("html", path="/services/data", times=9))
    code, failed = desk.check(FUNDS)
    assert code == 1 and "FAIL address" in failed and "My Domain" in failed

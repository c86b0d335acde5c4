"""``hub check`` of a Salesforce connection: each wrong set-up is named, with what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from connectors.clock import ManualTime
from connectors.salesforce.sandbox import CLIENT_ID, CLIENT_SECRET, SalesforceSandbox
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

    def check(self, mapping: str, *, secret: str = SECRET, client: str = CLIENT_ID) -> tuple[int, str]:
        """Exit code, and the failures with their ways out."""
        text = CONFIG.format(mapping=mapping, url=self.sandbox.url, secret=secret, client=client)
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

"""``hub check`` against each grants system with each wrong set-up: it names the fault and the remedy, and writes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.clock import ManualTime
from connectors.contract import Check
from hub.checks import checks
from hub.demo import seeds
from tests import submittable
from tests.connectors import fluxx_site
from tests.dataverse import REQUEST
from tests.integration.five import FUNDING_REQUEST, Five, changed

SYSTEMS = ("salesforce", "fluxx", "dataverse", "submittable")
Spoil = Callable[[Five], object]


def secret(name: str) -> Spoil:
    return lambda five: (five.folder / f"{name}.secret").write_text("hunter2")


def salesforce(**how: object) -> Spoil:
    """Its object as an administrator may have left it: ``without`` a right, ``hiding`` a field, or one field otherwise."""

    def spoil(five: Five) -> None:
        object = five.salesforce.org.objects[FUNDING_REQUEST]
        for word, value in how.items():
            match word, value:
                case "without", str():
                    object = object.without(value)
                case "hiding", str():
                    object = object.hiding(value)
                case _, dict():
                    object = object.changing(word, **value)
        five.salesforce.org.objects[FUNDING_REQUEST] = object

    return spoil


def twice_in_fluxx(five: Five) -> None:
    for _ in range(2):
        five.share(migrate_id=17)


def shorter_list_in_fluxx(five: Five) -> None:
    five.fluxx.site.drop_field("commons_status")
    choices = {"attribute_type": "select", "choices": ["Draft", "Open", "Closed"]}
    five.fluxx.site.add_field({"name": "commons_status"} | choices)


def shorter_list_in_dataverse(five: Five) -> None:
    column = five.dataverse.env.types[REQUEST].columns["commons_status"]
    five.dataverse.env.with_column(REQUEST, replace(column, choices=column.choices[:-1]))


def field_in_submittable(five: Five, label: str) -> None:
    form = five.submittable.organisation.form("Commons")
    form.fields.remove(form.field(label))


def twice_in_submittable(five: Five) -> None:
    for title in ("Wells", "Copy of Wells"):
        five.submittable.write(submittable.OWN, None, {"Title": title, "Commons ID": "k-1"})


def shorter_list_in_submittable(five: Five) -> None:
    options = five.submittable.organisation.form("Commons").field("Commons status").options
    del options[next(id for id, label in options.items() if label == "Withdrawn")]


FAULTS: dict[str, dict[str, tuple[Spoil, str, str]]] = {
    "a bad secret": {
        "salesforce": (secret("salesforce"), "(invalid_client)", "Check client_secret"),
        "fluxx": (secret("fluxx"), "refused", "Make an API key at /oauth/applications"),
        "dataverse": (secret("dataverse"), "AADSTS7000215", "Check client_secret"),
        "submittable": (secret("submittable"), "API key is wrong", "make an API key"),
    },
    "a missing permission": {
        "salesforce": (salesforce(without="edit"), f"may not edit {FUNDING_REQUEST}", "to a permission set"),
        "fluxx": (
            lambda five: five.fluxx.site.rights[fluxx_site.REQUEST].discard("read"),
            "not allowed to read grant_request", "a profile that may read grant_request",
        ),
        "dataverse": (
            lambda five: five.dataverse.api.denied.add("prvcreatemsnfp_request"),
            "lacks Create on msnfp_request", "Security roles",
        ),
        "submittable": (
            lambda five: five.submittable.organisation.permissions.discard("submissions"),
            "Listing submissions: Submittable answered 403", "that may do this",
        ),
    },
    "a missing field": {
        "salesforce": (salesforce(hiding="Commons_Impact__c"), "shows no Commons_Impact__c", "create the field in Setup"),
        "fluxx": (
            lambda five: five.fluxx.site.drop_field("commons_impact"),
            "no column 'commons_impact'", "Add a dynamic field of this name",
        ),
        "dataverse": (
            lambda five: five.dataverse.env.without_column(REQUEST, "commons_impact"), "no commons_impact",
            "Add each to the table",
        ),
        "submittable": (
            lambda five: field_in_submittable(five, "Intended impact"), "no field 'Intended impact'", "Add a field with this label",
        ),
    },
    "a key that is not unique": {
        "salesforce": (salesforce(Commons_Id__c={"unique": False}), "Commons_Id__c is not Unique", "Text, length 64, Unique"),
        "fluxx": (twice_in_fluxx, "all carry 17", "Clear migrate_id in all but one"),
        "dataverse": (
            lambda five: five.dataverse.env.keys[REQUEST].clear(), "no alternate key of commons_id", "New key",
        ),
        "submittable": (twice_in_submittable, "2 submissions carry the same key", "Clear the field in the copies"),
    },
    "a list without a value": {
        "salesforce": (
            salesforce(Commons_Status__c={"restricted": True, "values": ("Draft", "Open", "Closed")}),
            'maps "Withdrawn", which "Commons_Status__c" lacks', "the system",
        ),
        "fluxx": (shorter_list_in_fluxx, 'maps "Withdrawn", which "commons_status" lacks', "the system"),
        "dataverse": (shorter_list_in_dataverse, 'maps "777000005", which "commons_status" lacks', "the system"),
        "submittable": (shorter_list_in_submittable, 'maps "Withdrawn", which "Commons status" lacks', "the system"),
    },
    "a clock that is off": {
        "salesforce": (lambda five: None, "3 hours ahead of Salesforce's", "Set this machine's clock"),
        "fluxx": (lambda five: None, "180 minutes ahead of Fluxx's", "time server (NTP)"),
        "dataverse": (lambda five: None, "3 hours ahead of Microsoft's", "NTP"),
        "submittable": (lambda five: None, "10800 seconds ahead of Submittable's", "NTP"),
    },
}  # fmt: skip
OFF = timedelta(hours=3)


def told(five: Five, name: str, ahead: timedelta = timedelta()) -> list[Check]:
    return checks(five.opened(ManualTime(five.time.now() + ahead)), name)


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_right_set_up_is_all_right_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    with Five(tmp_path, names=[name]) as five:
        found = told(five, name)
        assert len(found) > 5 and all(step.ok for step in found), [step for step in found if not step.ok]
        assert five.systems[name].seen and not any(changed(name, call) for call in five.systems[name].seen)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", SYSTEMS)
def test_each_wrong_set_up_is_named_with_its_remedy(tmp_path: Path, name: str, fault: str) -> None:
    spoil, detail, fix = FAULTS[fault][name]
    with Five(tmp_path, names=[name]) as five:
        spoil(five)
        found = told(five, name, OFF if "clock" in fault else timedelta())
        failed = [step for step in found if not step.ok]
        assert any(detail in step.detail and fix in step.detail + step.fix for step in failed), failed
        assert all(step.fix for step in failed), "each failure says what to do"
        assert "hunter2" not in repr(found)
        assert not any(changed(name, call) for call in five.systems[name].seen)


@pytest.mark.parametrize("name", ["salesforce", "fluxx", "dataverse"])
def test_an_importer_who_is_no_user_of_the_system_is_named(tmp_path: Path, name: str) -> None:
    with Five(tmp_path, names=[name]) as five:
        if name == "dataverse":
            five.dataverse.env.insert(
                "systemuser", {"fullname": "Lena", "internalemailaddress": "lena@juniper.example"}
            )
        known = {"salesforce": seeds.OFFICER, "fluxx": fluxx_site.OFFICER["email"], "dataverse": "lena@juniper.example"}
        plain = five.config.read_text()
        for address, right in ((known[name], True), ("nobody@elsewhere.example", False)):
            five.config.write_text(plain.replace('first_sync = "go"', f'first_sync = "go"\nimporter = "{address}"'))
            found = {step.name: step for step in told(five, name)}
            assert found["importer"].ok == right and address in found["importer"].detail, found["importer"]
            assert right or "Set importer to the address of one user" in found["importer"].fix

"""The objects of the stand-in org: what a foundation with the Outbound Funds Module has.

Package fields carry ``outfunds__``; ``Commons_*`` and ``EIN__c`` are the customer's own,
added as the README says. Types, lengths and values are those of the package's metadata.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

CURRENCIES = (
    "AED", "AUD", "BRL", "CAD", "CHF", "COP", "EGP", "EUR", "GBP", "INR", "JOD", "JPY", "KES", "KWD",
    "LBP", "MAD", "MXN", "NGN", "NOK", "SEK", "TND", "TRY", "UGX", "USD", "ZAR",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """One field of an object. ``type`` as ``describe`` names it; ``length`` in characters;
    ``scale`` decimal places of a currency or number."""

    name: str
    type: str = "string"
    length: int = 0
    scale: int = 0
    values: tuple[str, ...] = ()
    restricted: bool = False
    required: bool = False
    writable: bool = True
    unique: bool = False
    external_id: bool = False
    refers: tuple[str, ...] = ()
    relationship: str | None = None
    html: bool = False

    @property
    def filterable(self) -> bool:
        return not (self.type == "textarea" and self.length > 255)

    def describe(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "label": self.name.removeprefix("outfunds__").removesuffix("__c").replace("_", " "),
            "type": self.type,
            "length": self.length,
            "precision": 18 if self.type in ("currency", "double") else 0,
            "scale": self.scale,
            "custom": self.name.endswith("__c"),
            "createable": self.writable,
            "updateable": self.writable,
            "nillable": not self.required and self.type not in ("boolean", "id"),
            "defaultedOnCreate": self.type == "boolean" or not self.writable or self.name == "OwnerId",
            "unique": self.unique,
            "externalId": self.external_id,
            "idLookup": self.external_id or self.type == "id",
            "filterable": self.filterable,
            "htmlFormatted": self.html,
            "restrictedPicklist": self.restricted,
            "picklistValues": [
                {"active": True, "defaultValue": False, "label": value, "validFor": None, "value": value}
                for value in self.values
            ],
            "referenceTo": list(self.refers),
            "relationshipName": self.relationship,
        }


@dataclass(frozen=True, slots=True)
class ObjectType:
    """``prefix``: the first three characters of its records' ids."""

    name: str
    prefix: str
    columns: dict[str, Column]

    def column(self, name: str) -> Column | None:
        """API names do not heed case."""
        found = self.columns.get(name)
        if found:
            return found
        return next((column for key, column in self.columns.items() if key.lower() == name.lower()), None)

    def through(self, relationship: str) -> Column | None:
        return next(
            (c for c in self.columns.values() if c.relationship and c.relationship.lower() == relationship.lower()),
            None,
        )

    def describe(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "label": self.name.removeprefix("outfunds__").removesuffix("__c").replace("_", " "),
            "keyPrefix": self.prefix,
            "custom": self.name.endswith("__c"),
            "createable": True,
            "updateable": True,
            "deletable": True,
            "queryable": True,
            "retrieveable": True,
            "fields": [column.describe() for column in self.columns.values()],
        }


def _text(name: str, length: int = 255, **more: Any) -> Column:
    return Column(name, "string", length, **more)


def _long(name: str, length: int = 131072, **more: Any) -> Column:
    return Column(name, "textarea", length, **more)


def _money(name: str, **more: Any) -> Column:
    return Column(name, "currency", scale=2, **more)


def _pick(name: str, *values: str, **more: Any) -> Column:
    return Column(name, "picklist", 255, values=values, **more)


def _lookup(name: str, *targets: str, **more: Any) -> Column:
    via = f"{name[:-3]}__r" if name.endswith("__c") else name[:-2]
    return Column(name, "reference", 18, refers=targets, relationship=via, **more)


def _object(name: str, prefix: str, own: Iterable[Column]) -> ObjectType:
    columns = (
        Column("Id", "id", 18, writable=False),
        _lookup("OwnerId", "User"),
        Column("IsDeleted", "boolean", writable=False),
        _pick("CurrencyIsoCode", *CURRENCIES, restricted=True),
        *own,
        Column("CreatedDate", "datetime", writable=False),
        Column("LastModifiedDate", "datetime", writable=False),
        Column("SystemModstamp", "datetime", writable=False),
    )
    return ObjectType(name, prefix, {column.name: column for column in columns})


_USER = _object(
    "User",
    "005",
    (
        _text("Username", 80, required=True),
        _text("LastName", 80, required=True),
        _text("FirstName", 40),
        _text("Name", 121, writable=False),
        Column("Email", "email", 128, required=True),
        Column("IsActive", "boolean"),
    ),
)

_ACCOUNT = _object(
    "Account",
    "001",
    (
        _text("Name", 255, required=True),
        _text("EIN__c", 20, external_id=True),
        Column("Website", "url", 255),
        _long("Description", 32000),
        _text("BillingCity", 40),
        _text("BillingCountry", 80),
        _pick("Type", "Grantee", "Funder", "Partner"),
    ),
)

_CONTACT = _object(
    "Contact",
    "003",
    (
        _text("LastName", 80, required=True),
        _text("FirstName", 40),
        Column("Email", "email", 80),
        _lookup("AccountId", "Account"),
    ),
)

_PROGRAM = _object(
    "outfunds__Funding_Program__c",
    "a01",
    (
        _text("Name", 80, required=True),
        _long("outfunds__Description__c"),
        Column("outfunds__Start_Date__c", "date"),
        Column("outfunds__End_Date__c", "date"),
        _pick("outfunds__Status__c", "Planned", "In progress", "Completed", "Aborted"),
        _money("outfunds__Total_Program_Amount__c"),
        Column("outfunds__Top_Level__c", "boolean"),
        _lookup("outfunds__Parent_Funding_Program__c", "outfunds__Funding_Program__c"),
    ),
)

_PACKAGE_REQUEST = (
    _text("Name", 80, required=True),
    Column("outfunds__Application_Date__c", "date"),
    _lookup("outfunds__Applying_Contact__c", "Contact"),
    _lookup("outfunds__Applying_Employee__c", "User"),
    _lookup("outfunds__Applying_Organization__c", "Account"),
    _money("outfunds__Awarded_Amount__c"),
    Column("outfunds__Awarded_Date__c", "date"),
    Column("outfunds__Close_Date__c", "date"),
    _text("outfunds__Closed_reason__c"),
    _lookup("outfunds__FundingProgram__c", "outfunds__Funding_Program__c"),
    _pick("outfunds__Geographical_Area_Served__c", "City", "State", "Region", "Country"),
    Column(
        "outfunds__Population_Served__c",
        "multipicklist",
        4099,
        values=(
            "Adults", "Below Poverty level", "Caregivers", "Children and Youth", "Economically Disadvantaged People",
            "Ethnic and racial groups", "Families", "Heterosexuals", "Homeless", "Immigrants and Refugees",
            "Incarcerated People", "LGBTQ", "Men", "People with Disabilities",
            "People with Diseases and Illnesses", "Religious Groups", "Veteran",
            "Victims and Oppressed People", "Women", "Youth at Risk",
        ),
    ),
    _money("outfunds__Recommended_Amount__c"),
    _money("outfunds__Requested_Amount__c"),
    _long("outfunds__Requested_For__c"),
    _pick(
        "outfunds__Status__c",
        "Invited", "Submitted", "In progress", "In Review", "Reviewed", "Awarded", "Fully Disbursed", "Closed",
        "Rejected", "Withdrawn",
    ),
    Column("outfunds__Term_End_Date__c", "date"),
    Column("outfunds__Term_Start_Date__c", "date"),
    Column("outfunds__Terms__c", "textarea", 255),
    _money("outfunds__Total_Cancelled__c", writable=False),
    _money("outfunds__Total_Disbursed__c", writable=False),
    _money("outfunds__Total_Remaining__c", writable=False),
    _money("outfunds__Unpaid_Disbursements__c", writable=False),
)  # fmt: skip

COMMONS_COLUMNS = (
    _text("Commons_Id__c", 64, unique=True, external_id=True),
    Column("Commons_Share__c", "boolean"),
    _pick("Commons_Status__c", "Draft", "Open", "Partly funded", "Fully funded", "Closed", "Withdrawn"),
    _long("Commons_Summary__c", 32768),
    _long("Commons_Need__c", 32768, html=True),
    _long("Commons_Activities__c", 32768, html=True),
    _long("Commons_Impact__c", 32768, html=True),
    Column(
        "Commons_Themes__c",
        "multipicklist",
        4099,
        values=(
            "Access to justice", "Agriculture and fishing", "Animal welfare", "Arts and culture", "Child protection",
            "Civil society", "Clean energy", "Climate", "Community development", "Digital inclusion",
            "Disability inclusion", "Education", "Emergency relief", "Environment", "Financial inclusion",
            "Food and nutrition", "Gender equality", "Health", "Housing and shelter", "Human rights",
            "Independent media", "Jobs and livelihoods", "Mental health", "Migration and refuge",
            "Nature and biodiversity", "Peace and security", "Research and science", "Sport and play",
            "Water and sanitation", "Youth development",
        ),
    ),
    _long("Commons_Places__c", 4000),
    _money("Commons_Ask__c"),
    _money("Commons_Total_Cost__c"),
    Column("Commons_Start__c", "date"),
    Column("Commons_End__c", "date"),
    Column("Commons_Show_Our_Commitment__c", "boolean"),
    _text("Commons_Gap__c"),
    _text("Commons_Funders__c"),
    _text("Commons_Shared_By__c"),
    Column("Commons_Page__c", "url", 255),
)  # fmt: skip

_REQUEST = _object("outfunds__Funding_Request__c", "a02", (*_PACKAGE_REQUEST, *COMMONS_COLUMNS))

OBJECTS = {item.name: item for item in (_USER, _ACCOUNT, _CONTACT, _PROGRAM, _REQUEST)}

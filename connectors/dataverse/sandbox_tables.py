"""The tables of the stand-in: what a foundation with the Common Data Model for Nonprofits has.

``msnfp_*`` are the data model's, with the types, lengths and choices of its solution file; ``commons_*`` are the
customer's own, added as the README says; the rest is standard. Names of navigation properties heed case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Choices = tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Column:
    """``type`` as ``AttributeType`` names it. ``targets``: table to navigation property. ``days``: a date without time."""

    name: str
    type: str = "String"
    length: int = 0
    choices: Choices = ()
    targets: Mapping[str, str] = field(default_factory=dict, hash=False)
    required: bool = False
    writable: bool = True
    days: bool = False
    default: object = None

    @property
    def lookup(self) -> bool:
        return self.type in ("Lookup", "Customer", "Owner")

    @property
    def property(self) -> str:
        return f"_{self.name}_value" if self.lookup else self.name


@dataclass(frozen=True, slots=True)
class TableType:
    """``set`` is its name in addresses; ``tracked``: it tells its changes."""

    name: str
    set: str
    columns: Mapping[str, Column]
    tracked: bool = True
    title: str = "msnfp_name"

    @property
    def id(self) -> str:
        return f"{self.name}id"

    def by_property(self, name: str) -> Column | None:
        return next((column for column in self.columns.values() if column.property == name), None)

    def by_navigation(self, name: str) -> tuple[Column, str] | None:
        """The lookup column and the table that a navigation property leads to."""
        for column in self.columns.values():
            for target, navigation in column.targets.items():
                if navigation == name:
                    return column, target
        return None


def _text(name: str, length: int, **more: object) -> Column:
    return Column(name, "String", length, **more)  # type: ignore[arg-type]


def _memo(name: str, length: int = 2000) -> Column:
    return Column(name, "Memo", length)


def _money(name: str) -> Column:
    return Column(name, "Money")


def _moment(name: str, **more: object) -> Column:
    return Column(name, "DateTime", **more)  # type: ignore[arg-type]


def _pick(name: str, *labels: str, first: int = 844060000) -> Column:
    return Column(name, "Picklist", choices=tuple(enumerate(labels, first)))


def _lookup(name: str, navigation: str, target: str) -> Column:
    return Column(name, "Lookup", targets={target: navigation})


def _customer(name: str, navigation: str) -> Column:
    return Column(name, "Customer", targets={"account": f"{navigation}_account", "contact": f"{navigation}_contact"})


_CURRENCY_OF = _lookup("transactioncurrencyid", "transactioncurrencyid", "transactioncurrency")


def _table(name: str, own: Iterable[Column], *, set: str = "", title: str = "msnfp_name") -> TableType:
    columns = (
        Column(f"{name}id", "Uniqueidentifier", writable=False),
        *own,
        _moment("createdon", writable=False),
        _moment("modifiedon", writable=False),
        Column("statecode", "State", choices=((0, "Active"), (1, "Inactive")), default=0),
        Column("statuscode", "Status", choices=((1, "Active"), (2, "Inactive")), default=1),
        Column("ownerid", "Owner", targets={"owner": "ownerid"}),
        *([] if name == "transactioncurrency" else [_CURRENCY_OF]),
        Column("versionnumber", "BigInt", writable=False),
    )
    return TableType(name, set or f"{name}s", {column.name: column for column in columns}, title=title)


STAGES = (
    "Application Started", "In Progress", "Qualification", "Prospecting", "Submitted", "Under Internal Review",
    "Under Grant Committee Review", "Notify Applicant of Decision", "Awarded", "Declined", "Closed", "Withdrawn",
    "Proposal Re-Opened",
)  # fmt: skip
COMMONS_STATUS = ("Draft", "Open", "Partly funded", "Fully funded", "Closed", "Withdrawn")
COMMONS_FIRST = 777000000

_REQUEST = _table(
    "msnfp_request",
    (
        _text("msnfp_name", 100, required=True),
        _money("msnfp_amountprojected"),
        _money("msnfp_amountrecommended"),
        _money("msnfp_amountrequested"),
        _text("msnfp_applicationid", 15),
        _text("msnfp_conflictofinterestdetail", 1000),
        _pick("msnfp_conflictofintereststatus", "Board Member"),
        _memo("msnfp_purpose"),
        _customer("msnfp_recipientid", "msnfp_RecipientId"),
        _lookup("msnfp_renewalofawardid", "msnfp_RenewalofAwardId", "msnfp_award"),
        Column("msnfp_requestedduration", "Integer"),
        _moment("msnfp_requestedstartdate"),
        _pick("msnfp_requesttype", "General", "Project Support"),
        _text("msnfp_requirements", 512),
        _pick("msnfp_stage", *STAGES),
        _lookup("msnfp_submittedbyid", "msnfp_SubmittedById", "contact"),
        _moment("msnfp_submitteddate"),
        _money("msnfp_totalprojectbudget"),
        _text("commons_id", 100),
        Column("commons_share", "Boolean", default=False),
        _pick("commons_status", *COMMONS_STATUS, first=COMMONS_FIRST),
        _memo("commons_summary", 4000),
        _memo("commons_need", 20000),
        _memo("commons_activities", 20000),
        _memo("commons_impact", 20000),
        Column("commons_ask", "Decimal"),
        Column("commons_totalcost", "Decimal"),
        _text("commons_currency", 3),
        _text("commons_themes", 2000),
        _text("commons_places", 2000),
        _moment("commons_start", days=True),
        _moment("commons_end", days=True),
        Column("commons_showourcommitment", "Boolean", default=False),
        _text("commons_gap", 255),
        Column("commons_funders", "Integer"),
        _text("commons_sharedby", 255),
        _text("commons_page", 500),
    ),
)
_AWARD = _table(
    "msnfp_award",
    (
        _text("msnfp_name", 100, required=True),
        _money("msnfp_awardamount"),
        _memo("msnfp_justification"),
        _moment("msnfp_noticeofawarddate"),
        _customer("msnfp_recipient", "msnfp_Recipient"),
        _lookup("msnfp_requestid", "msnfp_RequestId", "msnfp_request"),
        Column("msnfp_totalawardpercentage", "Decimal"),
        _money("msnfp_totalcontractawardvalue"),
        _pick("msnfp_type", "General Support", "Project Support"),
    ),
)
_ACCOUNT = _table(
    "account",
    (
        _text("name", 160, required=True),
        _text("accountnumber", 20),
        _text("address1_country", 80),
        _text("websiteurl", 200),
        _text("emailaddress1", 100),
        _text("commons_ein", 20),
    ),
    title="name",
)
_CONTACT = _table("contact", (_text("fullname", 160), _text("emailaddress1", 100)), title="fullname")
_USER = _table(
    "systemuser",
    (
        _text("fullname", 200, required=True),
        _text("internalemailaddress", 100),
        Column("isdisabled", "Boolean", default=False),
    ),
    title="fullname",
)
_CURRENCY = _table(
    "transactioncurrency",
    (_text("currencyname", 100), _text("isocurrencycode", 5, required=True)),
    set="transactioncurrencies",
    title="isocurrencycode",
)
TABLES = {table.name: table for table in (_REQUEST, _AWARD, _ACCOUNT, _CONTACT, _USER, _CURRENCY)}
OWNERS = ("systemuser",)
"""What ``ownerid`` may point at here: the stand-in has no teams."""

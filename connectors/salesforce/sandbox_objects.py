"""The objects of the stand-in org: people and organisations, then what the foundation's modules bring.

Fields of packages carry the package's prefix; ``Commons_*`` and ``EIN__c`` are the customer's own.
"""

from __future__ import annotations

from connectors.salesforce.sandbox_columns import Column, ObjectType, long, lookup, object_type, pick, text
from connectors.salesforce.sandbox_commons import CANDIDATE
from connectors.salesforce.sandbox_nonprofit_cloud import APPLICATION, AWARD, CALL, DECISION, REVIEW
from connectors.salesforce.sandbox_npsp import GRANT
from connectors.salesforce.sandbox_outbound_funds import PROGRAM, REQUEST

_USER = object_type(
    "User",
    "005",
    (
        text("Username", 80, required=True),
        text("LastName", 80, required=True),
        text("FirstName", 40),
        text("Name", 121, writable=False),
        Column("Email", "email", 128, required=True),
        Column("IsActive", "boolean"),
    ),
)

_ACCOUNT = object_type(
    "Account",
    "001",
    (
        text("Name", 255, required=True),
        text("EIN__c", 20, external_id=True),
        Column("Website", "url", 255),
        long("Description", 32000),
        text("BillingCity", 40),
        text("BillingCountry", 80),
        pick("Type", "Grantee", "Funder", "Partner"),
    ),
)

_CONTACT = object_type(
    "Contact",
    "003",
    (
        text("LastName", 80, required=True),
        text("FirstName", 40),
        Column("Email", "email", 80),
        lookup("AccountId", "Account"),
    ),
)

_RECORD_TYPE = object_type(
    "RecordType",
    "012",
    (
        text("Name", 80, required=True),
        text("DeveloperName", 80, required=True),
        text("SobjectType", 40, required=True),
        Column("IsActive", "boolean"),
    ),
)

OBJECTS: dict[str, ObjectType] = {
    item.name: item
    for item in (
        _USER, _RECORD_TYPE, _ACCOUNT, _CONTACT, PROGRAM, REQUEST, CALL, APPLICATION, AWARD, REVIEW, DECISION, GRANT, CANDIDATE,
    )
}  # fmt: skip

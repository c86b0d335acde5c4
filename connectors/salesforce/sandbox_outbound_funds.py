"""The Outbound Funds Module in the stand-in org. Types, lengths and values are those of the package's metadata."""

from __future__ import annotations

from connectors.salesforce.sandbox_columns import Column, long, lookup, money, object_type, pick, text
from connectors.salesforce.sandbox_commons import COMMONS

PROGRAM = object_type(
    "outfunds__Funding_Program__c",
    "a01",
    (
        text("Name", 80, required=True),
        long("outfunds__Description__c"),
        Column("outfunds__Start_Date__c", "date"),
        Column("outfunds__End_Date__c", "date"),
        pick("outfunds__Status__c", "Planned", "In progress", "Completed", "Aborted"),
        money("outfunds__Total_Program_Amount__c"),
        Column("outfunds__Top_Level__c", "boolean"),
        lookup("outfunds__Parent_Funding_Program__c", "outfunds__Funding_Program__c"),
    ),
)

_PACKAGE_REQUEST = (
    text("Name", 80, required=True),
    Column("outfunds__Application_Date__c", "date"),
    lookup("outfunds__Applying_Contact__c", "Contact"),
    lookup("outfunds__Applying_Employee__c", "User"),
    lookup("outfunds__Applying_Organization__c", "Account"),
    money("outfunds__Awarded_Amount__c"),
    Column("outfunds__Awarded_Date__c", "date"),
    Column("outfunds__Close_Date__c", "date"),
    text("outfunds__Closed_reason__c"),
    lookup("outfunds__FundingProgram__c", "outfunds__Funding_Program__c"),
    pick("outfunds__Geographical_Area_Served__c", "City", "State", "Region", "Country"),
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
    money("outfunds__Recommended_Amount__c"),
    money("outfunds__Requested_Amount__c"),
    long("outfunds__Requested_For__c"),
    pick(
        "outfunds__Status__c",
        "Invited", "Submitted", "In progress", "In Review", "Reviewed", "Awarded", "Fully Disbursed", "Closed",
        "Rejected", "Withdrawn",
    ),
    Column("outfunds__Term_End_Date__c", "date"),
    Column("outfunds__Term_Start_Date__c", "date"),
    Column("outfunds__Terms__c", "textarea", 255),
    money("outfunds__Total_Cancelled__c", writable=False),
    money("outfunds__Total_Disbursed__c", writable=False),
    money("outfunds__Total_Remaining__c", writable=False),
    money("outfunds__Unpaid_Disbursements__c", writable=False),
)  # fmt: skip

REQUEST = object_type("outfunds__Funding_Request__c", "a02", (*_PACKAGE_REQUEST, *COMMONS))

"""The fields that an administrator adds to a foundation's object for the commons, as the README says."""

from __future__ import annotations

from connectors.salesforce.sandbox_columns import Column, long, money, object_type, pick, text

THEMES = (
    "Access to justice", "Agriculture and fishing", "Animal welfare", "Arts and culture", "Child protection",
    "Civil society", "Clean energy", "Climate", "Community development", "Digital inclusion",
    "Disability inclusion", "Education", "Emergency relief", "Environment", "Financial inclusion",
    "Food and nutrition", "Gender equality", "Health", "Housing and shelter", "Human rights",
    "Independent media", "Jobs and livelihoods", "Mental health", "Migration and refuge",
    "Nature and biodiversity", "Peace and security", "Research and science", "Sport and play",
    "Water and sanitation", "Youth development",
)  # fmt: skip

COMMONS = (
    text("Commons_Id__c", 64, unique=True, external_id=True),
    Column("Commons_Share__c", "boolean"),
    pick("Commons_Status__c", "Draft", "Open", "Partly funded", "Fully funded", "Closed", "Withdrawn"),
    long("Commons_Summary__c", 32768),
    long("Commons_Need__c", 32768, html=True),
    long("Commons_Activities__c", 32768, html=True),
    long("Commons_Impact__c", 32768, html=True),
    Column(
        "Commons_Themes__c",
        "multipicklist",
        4099,
        values=THEMES,
    ),
    long("Commons_Places__c", 4000),
    money("Commons_Ask__c"),
    money("Commons_Total_Cost__c"),
    Column("Commons_Start__c", "date"),
    Column("Commons_End__c", "date"),
    Column("Commons_Show_Our_Commitment__c", "boolean"),
    text("Commons_Gap__c"),
    text("Commons_Funders__c"),
    text("Commons_Shared_By__c"),
    Column("Commons_Page__c", "url", 255),
)  # fmt: skip

CALL_COMMONS = (
    text("Commons_Id__c", 64, unique=True, external_id=True),
    Column("Commons_Share__c", "boolean"),
    pick("Commons_Status__c", "Draft", "Open", "Closed", "Withdrawn"),
    text("Commons_Funder__c"),
    Column("Commons_Funder_Website__c", "url", 255),
    Column("Commons_Themes__c", "multipicklist", 4099, values=THEMES),
    long("Commons_Places__c", 4000),
    long("Commons_Eligibility__c", 32768, html=True),
    text("Commons_Contact__c"),
    text("Commons_Shared_By__c"),
    Column("Commons_Page__c", "url", 255),
)

CANDIDATE = object_type(
    "Commons_Candidate__c",
    "a0C",
    (
        text("Name", 80),
        text("Commons_Id__c", 64, unique=True, external_id=True),
        pick("Commons_Status__c", "Draft", "Open", "Partly funded", "Fully funded", "Closed", "Withdrawn"),
        Column("Take_Up__c", "boolean"),
        Column("Not_For_Us__c", "boolean"),
        text("Organisation__c"),
        money("Ask__c"),
        text("Gap__c"),
        text("Shared_By__c"),
        text("State__c"),
        long("Why__c", 4000),
        Column("Commons_Page__c", "url", 255),
    ),
)
"""The inbox: a custom object of the customer's own."""

"""The grant seeker's side in the stand-in org: an NPSP opportunity of record type Grant.

The account of such a record is the *funder*. Stage, amounts and what a funder said are the nonprofit's own business.
"""

from __future__ import annotations

from connectors.salesforce.sandbox_columns import Column, long, lookup, money, object_type, pick, text
from connectors.salesforce.sandbox_commons import COMMONS

GRANT = object_type(
    "Opportunity",
    "006",
    (
        text("Name", 120, required=True),
        lookup("AccountId", "Account"),
        money("Amount"),
        pick(
            "StageName", "Prospecting", "LOI Submitted", "Application Submitted", "Awarded", "Declined", required=True
        ),
        Column("CloseDate", "date", required=True),
        long("Description", 32000),
        lookup("RecordTypeId", "RecordType"),
        lookup("npsp__Primary_Contact__c", "Contact"),
        money("npsp__Requested_Amount__c"),
        Column("npsp__Ask_Date__c", "date"),
        Column("npsp__Grant_Contract_Date__c", "date"),
        text("npsp__Grant_Contract_Number__c"),
        Column("npsp__Grant_Period_Start_Date__c", "date"),
        Column("npsp__Grant_Period_End_Date__c", "date"),
        text("npsp__Grant_Program_Area_s__c"),
        Column("npsp__Grant_Requirements_Website__c", "url", 255),
        Column("npsp__Is_Grant_Renewal__c", "boolean"),
        lookup("npsp__Previous_Grant_Opportunity__c", "Opportunity"),
        Column("npsp__Next_Grant_Deadline_Due_Date__c", "date", writable=False),
        text("npsp__Closed_Lost_Reason__c"),
        *COMMONS,
        text("Commons_Title__c"),
        text("Commons_Organization__c"),
        text("Commons_EIN__c", 20),
        text("Commons_Contact__c"),
    ),
)

"""Nonprofit Cloud Grantmaking in the stand-in org (its developer guide, "Grantmaking Standard Objects").

Reviews, decisions and ``InternalStatus`` are the foundation's own business: they are here so that tests can see that
nobody asks for them. Lengths that the guide does not give are guesses; a connector reads them from the description.
"""

from __future__ import annotations

from connectors.salesforce.sandbox_columns import Column, long, lookup, money, object_type, pick, text
from connectors.salesforce.sandbox_commons import CALL_COMMONS, COMMONS

_STAGES = (
    "Invited", "In Progress", "Submitted", "Application Accepted", "Revision Requested", "In Review", "Approved", "Denied",
)  # fmt: skip

CALL = object_type(
    "FundingOpportunity",
    "0gO",
    (
        text("Name", 255, required=True),
        long("Description", 32000),
        long("ApplicationInstructions", 32000),
        Column("StartDate", "datetime"),
        Column("EndDate", "datetime"),
        money("MinimumFundingAmount"),
        money("MaximumFundingAmount"),
        pick("Status", "Active", "Cancelled", "Completed", "Planned"),
        lookup("ParentFundingOpportunityId", "FundingOpportunity"),
        *CALL_COMMONS,
    ),
)

APPLICATION = object_type(
    "IndividualApplication",
    "0iT",
    (
        text("Name", 255, writable=False),
        text("ApplicationName", 255),
        lookup("AccountId", "Account"),
        lookup("ContactId", "Contact"),
        lookup("FundingOpportunityId", "FundingOpportunity"),
        money("RequestedAmount"),
        long("FundingRequestPurpose", 32000),
        long("Description", 32000),
        Column("AppliedDate", "datetime", required=True),
        pick("Category", "License", "Permit", "Grant Application", "Letter of Intent", restricted=True, required=True),
        pick("Status", *_STAGES),
        pick("InternalStatus", *_STAGES),
        Column("ApprovedDate", "datetime"),
        text("ApplicationReferenceNumber", 255),
        Column("IsSubmitted", "boolean"),
        Column("WasReturned", "boolean"),
        lookup("RecordTypeId", "RecordType"),
        *COMMONS,
    ),
)

AWARD = object_type(
    "FundingAward",
    "0fA",
    (
        text("Name", 255, required=True),
        money("Amount"),
        lookup("AwardeeId", "Account"),
        lookup("ContactId", "Contact"),
        lookup("FundingOpportunityId", "FundingOpportunity"),
        lookup("IndividualApplicationId", "IndividualApplication"),
        lookup("ParentFundingAwardId", "FundingAward"),
        Column("DecisionDate", "datetime"),
        Column("StartDate", "datetime"),
        Column("EndDate", "datetime"),
        pick("Status", "Active", "Cancelled", "Completed"),
        text("AwardNumber", 255),
    ),
)

REVIEW = object_type(
    "ApplicationReview",
    "0rV",
    (
        lookup("IndividualApplicationId", "IndividualApplication"),
        text("ApplicationRecommendation"),
        long("Comment", 32000),
    ),
)

DECISION = object_type(
    "ApplicationDecision",
    "0dE",
    (lookup("IndividualApplicationId", "IndividualApplication"), long("Comment", 32000)),
)

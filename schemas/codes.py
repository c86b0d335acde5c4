"""Code lists: name to ``{code: English label}``. Themes and populations have their own module."""

from __future__ import annotations

from schemas.themes import POPULATIONS, THEMES

CODES: dict[str, dict[str, str]] = {
    "kind": {"project": "Project seeking co-funders", "call": "Open call"},
    "status": {
        "draft": "Draft",
        "published": "Published",
        "partly_funded": "Partly funded",
        "fully_funded": "Fully funded",
        "closed": "Closed",
        "withdrawn": "Withdrawn",
    },
    "stage": {
        "interested": "Interested",
        "exploring": "Exploring",
        "pledged": "Pledged",
        "committed": "Committed",
        "paid": "Paid",
        "declined": "Declined",
    },
    "visibility": {"hidden": "Hidden", "anonymous": "Counted, not named", "named": "Named"},
    "ask_basis": {"one_off": "One-off", "monthly": "Monthly", "annual": "Annual"},
    "funding_type": {
        "general_operating": "General operating",
        "project": "Project",
        "capacity": "Capacity building",
        "capital": "Capital",
        "emergency": "Emergency",
        "match": "Matching",
        "loan": "Loan or programme-related investment",
        "in_kind": "In kind",
    },
    "vetting_level": {
        "known": "Known to the member",
        "screened": "Screened",
        "full_dd": "Full due diligence",
        "funded": "Funded by the member",
    },
    "relationship": {
        "current_grantee": "Current grantee",
        "past_grantee": "Past grantee",
        "peer": "Peer recommendation",
        "none": "None",
    },
    "scope": {
        "global": "Global",
        "regional": "Regional",
        "national": "National",
        "subnational": "Part of a country",
        "local": "Local",
    },
    "consent_scope": {"listing": "Listing", "contact": "Contact", "vetting_summary": "Vetting summary"},
    "theme": {code: term.en for code, term in THEMES.items()},
    "population": {code: term.en for code, term in POPULATIONS.items()},
}

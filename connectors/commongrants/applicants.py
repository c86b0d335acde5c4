"""Who may apply, as one text: the publisher's own words where it gives some, else those of the protocol's code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WORDS: Mapping[str, str] = {
    "individual": "Individuals",
    "organization": "Organisations",
    "government_state": "State governments",
    "government_county": "County governments",
    "government_municipal": "City and town governments",
    "government_special_district": "Special district governments",
    "government_tribal": "Tribal governments",
    "organization_tribal_other": "Other tribal organisations",
    "school_district_independent": "Independent school districts",
    "higher_education_public": "Public higher education",
    "higher_education_private": "Private higher education",
    "non_profit_with_501c3": "Nonprofits with 501(c)(3) status",
    "nonprofit_without_501c3": "Nonprofits without 501(c)(3) status",
    "for_profit_small_business": "Small businesses",
    "for_profit_not_small_business": "Other businesses",
    "unrestricted": "Anyone",
}
"""The codes of ``ApplicantType`` in version 0.4, spelt as there."""


def text(given: Any) -> str | None:
    """``"State governments; Nonprofits with 501(c)(3) status"``; a code that is not known stays as it is."""
    words = [_words(each) for each in given] if isinstance(given, list) else []
    return "; ".join(word for word in dict.fromkeys(words) if word) or None


def _words(given: Any) -> str:
    if not isinstance(given, dict):
        return WORDS.get(given, given) if isinstance(given, str) else ""
    code, own = given.get("value"), given.get("customValue") if given.get("value") == "custom" else None
    said = own or given.get("description") or code
    return WORDS.get(said, said) if isinstance(said, str) else ""

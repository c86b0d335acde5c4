"""The opportunity: a nonprofit project that seeks co-funders, or a funder's open call.

Every field carries what it is (``Declared``): type, authority, class, label, and for which kind it
is meant. ``schemas.fields`` reads the table of all paths off these models; nothing is declared twice.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from schemas.declared import CALL, PROJECT, Declared
from schemas.money import money_of

Money = Annotated[dict[str, str], AfterValidator(money_of)]
When = dict[str, Any]
Place = dict[str, str]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Organization(Part):
    """The nonprofit that the project belongs to, or the funder of a call."""

    name: Annotated[str | None, Declared("text", "Organisation")] = None
    local_name: Annotated[str | None, Declared("text", "Organisation's name in its own language")] = None
    identifiers: Annotated[dict[str, str], Declared("text", "Registration number")] = Field(default_factory=dict)
    country: Annotated[str | None, Declared("country", "Organisation's country")] = None
    website: Annotated[str | None, Declared("url", "Organisation's website")] = None
    mission: Annotated[str | None, Declared("longtext", "Mission")] = None
    legal_form: Annotated[str | None, Declared("text", "Legal form")] = None
    annual_budget: Annotated[Money | None, Declared("money", "Annual budget", cls="members")] = None
    fiscal_sponsor: Annotated[str | None, Declared("text", "Fiscal sponsor")] = None


class Secured(Part):
    amount: Annotated[Money | None, Declared("money", "Secured elsewhere", kinds=PROJECT)] = None
    as_of: Annotated[When | None, Declared("when", "Secured elsewhere, as of", kinds=PROJECT)] = None


class Ask(Part):
    """What the project asks for."""

    requested: Annotated[Money | None, Declared("money", "Requested", kinds=PROJECT)] = None
    total_cost: Annotated[Money | None, Declared("money", "Total cost", kinds=PROJECT)] = None
    minimum: Annotated[Money | None, Declared("money", "Smallest useful amount", kinds=PROJECT)] = None
    secured_elsewhere: Secured = Field(default_factory=Secured)
    basis: Annotated[str | None, Declared("code", "Basis", kinds=PROJECT, codes="ask_basis")] = None
    funding_types: Annotated[
        list[str] | None, Declared("codes", "Kinds of funding", kinds=PROJECT, codes="funding_type")
    ] = None
    needed_by: Annotated[When | None, Declared("when", "Needed by", kinds=PROJECT)] = None


class Period(Part):
    start: Annotated[When | None, Declared("when", "Starts")] = None
    end: Annotated[When | None, Declared("when", "Ends")] = None


class Funding(Part):
    """What a call offers."""

    total: Annotated[Money | None, Declared("money", "Total available", kinds=CALL)] = None
    min_award: Annotated[Money | None, Declared("money", "Smallest award", kinds=CALL)] = None
    max_award: Annotated[Money | None, Declared("money", "Largest award", kinds=CALL)] = None
    expected_awards: Annotated[int | None, Declared("int", "Expected awards", kinds=CALL)] = None


class Contact(Part):
    public: Annotated[str | None, Declared("text", "Public contact")] = None
    person: Annotated[str | None, Declared("text", "Contact person", cls="members")] = None


class Vetting(Part):
    """What the steward looked into."""

    level: Annotated[str | None, Declared("code", "Vetting", cls="members", codes="vetting_level")] = None
    date: Annotated[When | None, Declared("when", "Vetted on", cls="members")] = None
    valid_until: Annotated[When | None, Declared("when", "Vetting valid until", cls="members")] = None
    scope: Annotated[str | None, Declared("text", "Vetting covered", cls="members")] = None
    summary: Annotated[str | None, Declared("longtext", "Vetting summary", cls="members")] = None


class Consent(Part):
    """The nonprofit's consent to be listed."""

    scope: Annotated[str | None, Declared("code", "Consent", cls="members", codes="consent_scope")] = None
    by_role: Annotated[str | None, Declared("text", "Consent given by (role)", cls="members")] = None
    on: Annotated[When | None, Declared("when", "Consent given on", cls="members")] = None
    until: Annotated[When | None, Declared("when", "Consent valid until", cls="members")] = None


class StillNeeded(Part):
    """Whether an opportunity that rested for long still seeks funders: the hub asks its steward, who ticks."""

    question: Annotated[str | None, Declared("text", "Still needed?", authority="hub", cls="members")] = None
    yes: Annotated[bool | None, Declared("bool", "Still needed", cls="members")] = None


class Totals(Part):
    """Computed by the hub, per currency; nothing is converted."""

    committed: Annotated[list[Money] | None, Declared("moneys", "Committed", authority="hub")] = None
    pledged: Annotated[list[Money] | None, Declared("moneys", "Pledged", authority="hub")] = None
    paid: Annotated[list[Money] | None, Declared("moneys", "Paid", authority="hub")] = None
    gap: Annotated[list[Money] | None, Declared("moneys", "Still open", authority="hub")] = None
    funders: Annotated[int | None, Declared("int", "Funders", authority="hub")] = None
    table: Annotated[str | None, Declared("longtext", "Who is in", authority="hub", cls="members")] = None


class Opportunity(Part):
    """The canonical record. To exist it needs a title; see ``completeness`` for what publishing needs."""

    id: Annotated[str | None, Declared("text", "Id", authority="hub")] = None
    kind: Annotated[Literal["project", "call"], Declared("code", "Kind", authority="hub", codes="kind")] = "project"
    status: Annotated[str | None, Declared("code", "Status", authority="hub", codes="status")] = None
    title: Annotated[str, Declared("text", "Title"), Field(min_length=1)]
    summary: Annotated[str | None, Declared("longtext", "Summary")] = None
    need: Annotated[str | None, Declared("longtext", "Need")] = None
    planned_activities: Annotated[str | None, Declared("longtext", "Planned activities")] = None
    intended_impact: Annotated[str | None, Declared("longtext", "Intended impact")] = None
    language: Annotated[str | None, Declared("text", "Language")] = None
    organization: Organization = Field(default_factory=Organization)
    themes: Annotated[list[str] | None, Declared("codes", "Themes", codes="theme")] = None
    populations: Annotated[list[str] | None, Declared("codes", "Populations", codes="population")] = None
    geographies: Annotated[list[Place] | None, Declared("places", "Places")] = None
    languages: Annotated[list[str] | None, Declared("codes", "Working languages")] = None
    ask: Ask = Field(default_factory=Ask)
    period: Period = Field(default_factory=Period)
    funding: Funding = Field(default_factory=Funding)
    opens: Annotated[When | None, Declared("when", "Opens", kinds=CALL)] = None
    closes: Annotated[When | None, Declared("when", "Closes", kinds=CALL)] = None
    eligibility: Annotated[str | None, Declared("longtext", "Eligibility", kinds=CALL)] = None
    contact: Contact = Field(default_factory=Contact)
    vetting: Vetting = Field(default_factory=Vetting)
    consent: Consent = Field(default_factory=Consent)
    documents: Annotated[list[dict[str, str]] | None, Declared("documents", "Documents")] = None
    source_url: Annotated[str | None, Declared("url", "Source")] = None
    relationship: Annotated[
        str | None, Declared("code", "Steward's relationship", cls="members", codes="relationship")
    ] = None
    named: Annotated[bool | None, Declared("bool", "Steward shown by name", cls="members")] = None
    still_needed: StillNeeded = Field(default_factory=StillNeeded)
    expires: Annotated[When | None, Declared("when", "Expires")] = None
    translations: Annotated[dict[str, dict[str, str]], Declared("text", "Translation")] = Field(default_factory=dict)
    extensions: Annotated[dict[str, dict[str, Any]], Declared("any", "Extension", cls="members")] = Field(
        default_factory=dict
    )
    totals: Totals = Field(default_factory=Totals)
    steward: Annotated[str | None, Declared("text", "Shared by", authority="hub")] = None
    page: Annotated[str | None, Declared("url", "Page in the hub", authority="hub")] = None
    version: Annotated[int | None, Declared("int", "Version", authority="hub")] = None
    created_at: Annotated[str | None, Declared("text", "Created", authority="hub")] = None
    updated_at: Annotated[str | None, Declared("text", "Updated", authority="hub")] = None

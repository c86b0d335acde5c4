"""What a model's columns are. Fluxx lists its dynamic fields only, so the core columns that a hub may need stand here.

Source: Fluxx REST API v2 guide (FAQ: no list of core fields; chapter on model_attribute), and the columns that other
clients use. A site may have more: option ``columns``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connectors.contract import Field
from connectors.fluxx import filters
from connectors.fluxx.api import Api, Wish

STEM: Mapping[str, str] = {
    "id": "integer!", "created_at": "datetime!", "updated_at": "datetime!", "deleted_at": "datetime!",
    "locked_until": "datetime!", "created_by_id": "relation:user", "updated_by_id": "relation:user",
}  # fmt: skip
MIGRATED: Mapping[str, str] = {"migrate_id": "key", "migrate_source_name": "string"}

CORE: Mapping[str, Mapping[str, str]] = {
    "grant_request": {
        **STEM, **MIGRATED,
        "project_summary": "text", "program_organization_id": "relation:organization",
        "fiscal_organization_id": "relation:organization", "program_org_name": "string!", "fiscal_org_name": "string!",
        "program_id": "relation:program", "sub_program_id": "relation:sub_program",
        "initiative_id": "relation:initiative", "sub_initiative_id": "relation:sub_initiative",
        "model_theme_id": "relation:model_theme", "geo_place_ids": "list!", "program_org_geo_country_id": "integer!",
        "amount_requested": "decimal", "amount_requested_local": "decimal", "grant_amount_funded": "decimal!",
        "total_amount_paid": "decimal!", "fx_type_id": "relation:fx_type", "state": "string!",
        "filter_state": "string!", "state_to_english": "string!", "state_description": "string!",
        "granted": "boolean!", "request_received_at": "datetime", "grant_agreement_at": "datetime",
        "grant_approved_at": "datetime", "grant_begins_at": "datetime", "grant_ends_at": "datetime!",
        "grant_closed_at": "datetime", "duration_in_months": "integer", "base_request_id": "string",
        "request_id": "string!", "grant_id": "string!", "grantee_user_id": "relation:user",
        "grantee_signatory_id": "relation:user", "grantee_org_owner_id": "relation:user",
        "program_lead_id": "relation:user", "secondary_program_lead_id": "relation:user", "type": "string",
        "request_type_identifier": "string",
    },
    "organization": {
        **STEM, **MIGRATED,
        "name": "string", "legal_name": "string", "tax_id": "string", "duns_number": "string", "city": "string",
        "street_address": "string", "geo_state_id": "relation:geo_state", "geo_country_id": "relation:geo_country",
        "postal_code": "string", "url": "string", "email": "string", "phone": "string", "vendor_number": "string",
    },
}  # fmt: skip
"""Column to type; ``!`` ends what is only read. ``state`` is: what writing it sets off is not known. ``granted``
and the award follow the workflow too."""

INTERNAL = re.compile(
    r"amount_recommended(_\w+)?|all_notes|notes?(_\w+)?|request_reviews?(_\w+)?|coi(_\w+)?|ofac_\w+|"
    r"ierf_due_diligence\w*|ierf_probability|wiki_documents?|posts?|work_tasks?|request_recommendations?(_\w+)?"
)
"""A foundation's own deliberations; before a grant is made the recommended amount is one of them."""

PLAIN = frozenset(
    {"string", "text", "textarea", "integer", "decimal", "float", "currency", "date", "datetime", "boolean"}
)
"""Types of dynamic fields that have no choices; of others they are asked for."""


def kept_to_itself(model: str, column: str) -> bool:
    return model == "grant_request" and INTERNAL.fullmatch(column) is not None


def read_only(model: str, column: str) -> bool:
    return CORE.get(model, STEM).get(column, "").endswith("!")


def describe(api: Api, model: str, more: tuple[str, ...], wanted: frozenset[str]) -> list[Field]:
    """Core columns, those the connection names, and the site's dynamic ones with the choices of the wanted."""
    core = [
        _core(name, kind)
        for name, kind in CORE.get(model, {**STEM, **MIGRATED}).items()
        if not INTERNAL.fullmatch(name)
    ]
    known = {field.name for field in core}
    core += [Field(name, "unknown") for name in more if name not in known]
    return core + [_dynamic(api, row, wanted) for row in attributes(api, model) if row.get("name") not in known]


def attributes(api: Api, model: str) -> list[dict[str, Any]]:
    """The site's dynamic fields of a model, as Fluxx describes them."""
    cols = ("name", "description", "attribute_type", "multi_allowed")
    wish = Wish(cols, filters.plain("model_attribute", {"model_type": camel(model)}), indexed=False)
    found = {str(row["id"]): row for page in api.pages("model_attribute", wish) for row in page.rows}
    return [row for row in found.values() if isinstance(row.get("name"), str)]


def camel(model: str) -> str:
    """How Fluxx writes a model's name where it is a value: ``GrantRequest``."""
    return "".join(part.capitalize() for part in model.split("_"))


def _core(name: str, kind: str) -> Field:
    type, _, target = kind.rstrip("!").partition(":")
    return Field(name, type, writable=not kind.endswith("!"), references=target or None)


def _dynamic(api: Api, row: Mapping[str, Any], wanted: frozenset[str]) -> Field:
    name, type, several = str(row["name"]), str(row.get("attribute_type") or "string"), row.get("multi_allowed") is True
    choices: tuple[str, ...] = ()
    if name in wanted and type not in PLAIN:
        wish = Wish(
            ("value", "retired"),
            filters.plain("model_attribute_value", {"model_attribute_id": str(row["id"])}),
            indexed=False,
        )
        rows = {str(one["id"]): one for page in api.pages("model_attribute_value", wish) for one in page.rows}
        found = [one["value"] for one in rows.values() if isinstance(one.get("value"), str) and not one.get("retired")]
        choices = tuple(sorted(found))
    # Several values are rows of a model of their own (model_attribute_choice), which is not written here.
    return Field(name, f"{type}, several" if several else type, writable=not several, choices=choices)

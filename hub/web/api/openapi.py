"""The OpenAPI document of ``/api/v1/``, made from the models that check the bodies and from the table of fields."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from hub.commons.programs import LONGEST_PATH, LONGEST_TITLE
from hub.tokens import SCOPES
from hub.web.api import bodies
from hub.web.api.problems import TITLES
from hub.web.looking import SEVERAL
from schemas.codes import CODES
from schemas.fields import FIELDS, FieldSpec

_TEXT: dict[str, Any] = {"type": ["string", "null"]}
_MONEY: dict[str, Any] = {"anyOf": [{"$ref": "#/components/schemas/Money"}, {"type": "null"}]}
_SHAPES: dict[str, dict[str, Any]] = {
    "text": _TEXT,
    "longtext": _TEXT,
    "url": _TEXT | {"format": "uri"},
    "country": _TEXT | {"description": "ISO 3166-1"},
    "bool": {"type": ["boolean", "null"]},
    "int": {"type": ["integer", "null"]},
    "money": _MONEY,
    "moneys": {"type": ["array", "null"], "items": {"$ref": "#/components/schemas/Money"}},
    "when": {"type": ["object", "null"]},
    "places": {"type": ["array", "null"], "items": {"type": "object"}},
    "documents": {"type": ["array", "null"], "items": {"type": "object", "required": ["title", "url"]}},
    "any": {},
}
_CURSOR = [("cursor", "From the page before."), ("limit", "Items on a page, 200 at most; 100 when left out.")]
_FILTERS = [
    ("q", "Words, in English or Arabic; phrases in quotes; of the last word its beginning will do. Or an id."),
    ("kind", "project or call"), ("theme", "Any of these."), ("population", "Any of these."),
    ("country", "ISO 3166-1, any of these."), ("region", "ISO 3166-2, any of these."), ("vetting", "Any of these levels."),
    ("language", "Of the text, or spoken in the project."), ("steward", "A member that shows its name."),
    ("audience", "all, circle or member: finds only what the token's member shared."), ("currency", "ISO 4217"),
    ("amount_from", "Asked for at least, in whatever currency unless that is said."), ("amount_to", "Asked for at most."),
    ("gap_from", "Still open at least."), ("needed_from", "Needed on this day or later, as 2026-03-31."),
    ("needed_to", "Needed on this day or before."), ("organization", "A registration, like GB-CHC:1234567."),
]  # fmt: skip
_LIST = [
    *_CURSOR,
    ("key", "The one that you know by this key."),
    ("state", "draft, published, closed or withdrawn"),
    *_FILTERS,
]
_LIMIT: dict[str, Any] = {"type": "integer", "minimum": 1}
_MATCH = {"name": "If-Match", "in": "header", "required": True, "schema": {"type": "string"},
          "description": "The etag that you read, or *."}  # fmt: skip

Model = type[BaseModel]

ROUTES: tuple[tuple[str, str, str, str, Model | None, Model | None], ...] = (
    # method, path, scope, what it does, body, answer
    ("get", "/me", "read", "Whose token this is and what it opens.", None, bodies.Me),
    ("get", "/opportunities", "read", "All that the member may see, in the order of their ids.", None, bodies.Page),
    ("post", "/opportunities", "share", "Share an opportunity; 200 where this very call made it before.", bodies.Create, bodies.Opportunity),
    ("get", "/opportunities/{opportunity_id}", "read", "One of them.", None, bodies.Opportunity),
    ("patch", "/opportunities/{opportunity_id}", "share, position", "Change what is named.", bodies.Change, bodies.Opportunity),
    ("delete", "/opportunities/{opportunity_id}", "share", "Withdraw it; nothing is deleted.", None, None),
    ("get", "/opportunities/{opportunity_id}/commitment", "read", "The member's own position.", None, bodies.Commitment),
    ("put", "/opportunities/{opportunity_id}/commitment", "position", "State all of it.", bodies.PositionSent, bodies.Commitment),
    ("get", "/searches", "read", "The member's saved searches, by name.", None, bodies.Searches),
    ("post", "/searches", "search", "Save a search; with an inbox, what it finds comes there.", bodies.SearchSent, bodies.Search),
    ("delete", "/searches/{search_id}", "search", "Look for it no more; what it found stays.", None, None),
    ("get", "/opportunities/{opportunity_id}/messages", "messages", "The member's conversation there.", None, bodies.Conversation),
    ("post", "/opportunities/{opportunity_id}/messages", "messages", "Write to its steward, to who is in by name, or in a thread.", bodies.Say, bodies.SaidNow),
    ("get", "/changes", "read", "What changed since a cursor, deletions included.", None, bodies.Changes),
)  # fmt: skip


@cache
def document() -> dict[str, Any]:
    """OpenAPI 3.1."""
    named = (model for route in ROUTES for model in (route[4], route[5]) if model is not None)
    models: set[Model] = {*named, bodies.Problem, bodies.Money, bodies.Written}
    _, made = models_json_schema(
        [(model, "serialization") for model in sorted(models, key=lambda model: model.__name__)],
        ref_template="#/components/schemas/{model}",
    )
    schemas = made["$defs"] | {"Facts": _facts()}
    for name in ("Create", "Change", "Opportunity"):
        schemas[name]["properties"]["facts"] = {"$ref": "#/components/schemas/Facts"}
    paths: dict[str, Any] = {}
    for method, path, scope, does, body, answer in ROUTES:
        paths.setdefault("/api/v1" + path, {})[method] = _operation(method, path, scope, does, body, answer)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Commons Hub",
            "version": "1",
            "description": "Facts are flat paths. A token acts for one member and sees what that member may see.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": _scopes()}},
        },
        "security": [{"token": []}],
    }


def _operation(
    method: str, path: str, scope: str, does: str, body: Model | None, answer: Model | None
) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in ("opportunity_id", "search_id")
        if "{" + name + "}" in path
    ]
    parameters += [
        {"name": n, "in": "query", "description": what, "schema": _of_query(n)} for n, what in _query(method, path)
    ]
    of_opportunity = "{opportunity_id}" in path
    if method in ("patch", "put", "delete") and of_opportunity:
        parameters.append(_MATCH)
    done: dict[str, Any] = {"201" if method == "post" else "204" if answer is None else "200": _said("Done.", answer)}
    if method == "post" and path == "/opportunities":
        done["200"] = _said("This very call made it before.", answer)
    if method != "get" and answer in (bodies.Opportunity, bodies.Commitment):
        for said in done.values():
            said["content"]["application/json"]["schema"] = {"anyOf": [_ref(answer), _ref(bodies.Written)]}
    if method == "post" and path.endswith("/messages"):
        done["200"] = _said("It was said before under this Idempotency-Key.", answer)
    if method == "get" and of_opportunity and not path.endswith("/messages"):
        done["304"] = _said("What If-None-Match names is what there is.", None)
    operation: dict[str, Any] = {
        "summary": does,
        "operationId": f"{method}{path.title().translate({ord(c): None for c in '/{}_'})}",
        "description": f"Scope: {scope}.",
        "parameters": parameters,
        "responses": done | {str(code): _problem(code) for code in _problems(method, path, body)},
    }
    if body is not None:
        operation["requestBody"] = {"required": True, "content": _content(body)}
    return operation


def _of_query(name: str) -> dict[str, Any]:
    """Several are sent as the same name more than once, which is how OpenAPI sends an array unless told otherwise."""
    if name == "limit":
        return _LIMIT
    return {"type": "array", "items": {"type": "string"}} if name in SEVERAL else {"type": "string"}


def _problems(method: str, path: str, body: Model | None) -> list[int]:
    """The statuses of what can go wrong there; 500 is the hub's own fault everywhere."""
    found = {400, 401, 403, 429, 500}
    writes = method in ("patch", "put", "delete")
    if "{" in path:
        found.add(404)
    if "{opportunity_id}" in path or "cursor" in dict(_query(method, path)):
        found.add(410)
    if "{opportunity_id}" in path and writes:
        found |= {409, 412, 422, 428}
    if body is not None:
        found |= {409, 413, 415, 422}
    return sorted(found)


def _problem(code: int) -> dict[str, Any]:
    found = _said(TITLES[code] + ".", bodies.Problem, "application/problem+json")
    if code == 429:
        wait = {"description": "Seconds until the next call may be made.", "schema": {"type": "integer"}}
        found["headers"] = {"Retry-After": wait}
    return found


def _query(method: str, path: str) -> list[tuple[str, str]]:
    if method != "get":
        return []
    return {"/opportunities": _LIST, "/changes": _CURSOR}.get(path, [])


def _said(what: str, model: Model | None, kind: str = "application/json") -> dict[str, Any]:
    return {"description": what} | ({"content": _content(model, kind)} if model is not None else {})


def _content(model: Model, kind: str = "application/json") -> dict[str, Any]:
    return {kind: {"schema": _ref(model)}}


def _ref(model: Model) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def _facts() -> dict[str, Any]:
    own = {path: field for path, field in FIELDS.items() if field.authority == "steward" and path != "kind"}
    properties = {path: _shape(field) for path, field in own.items() if not path.endswith("*")}
    properties["title"] |= {"maxLength": LONGEST_TITLE}
    patterns = {_pattern(path): _shape(field) for path, field in own.items() if path.endswith("*")}
    return {
        "type": "object",
        "description": "By path; null is blank. In a change, paths that are not named stay as they are.",
        "properties": properties,
        "patternProperties": patterns,
        "propertyNames": {"maxLength": LONGEST_PATH},
        "additionalProperties": False,
    }


def _pattern(path: str) -> str:
    return "^" + path.replace(".", "\\.").replace("*", "[^.]+", path.count("*") - 1).replace("*", ".+") + "$"


def _shape(field: FieldSpec) -> dict[str, Any]:
    if field.type in ("code", "codes"):
        codes = sorted(CODES.get(field.codes or "", {}))
        one: dict[str, Any] = {"enum": codes} if codes else {"type": "string"}
        several = {"type": ["array", "null"], "items": one}
        shape = several if field.type == "codes" else {"anyOf": [one, {"type": "null"}]}
    else:
        shape = dict(_SHAPES[field.type])
    return {"title": field.label} | shape


def _scopes() -> str:
    return " ".join(f"{name}: {what}" for name, what in SCOPES.items())

"""Several records, or several requests, in one call of the stand-in: collections and composite.

REST API Developer Guide, "sObject Collections" (always 200, one result a record, ``statusCode`` instead of
``errorCode``) and "Composite" (each answer in an envelope; ``@{ref.field}`` names what an earlier one answered).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from flask import Flask
from werkzeug.test import Client

from connectors.salesforce.sandbox_api import Api, Reply
from connectors.salesforce.sandbox_errors import WireError
from connectors.salesforce.sandbox_json import dumps, loads

MOST_RECORDS = 200
MOST_REQUESTS = 25
MOST_QUERIES = 5
_DESERIALISING = frozenset({"INVALID_FIELD", "JSON_PARSER_ERROR"})
"""What a body is refused for as a whole, before any record of it is looked at."""
_REFERENCE = re.compile(r"@\{(\w+)\.([\w.]+)\}")


class Batches:
    """On top of ``api``; ``app`` answers the single requests of a composite one."""

    def __init__(self, api: Api, app: Callable[[], Flask]) -> None:
        self.api, self._app = api, app

    def create(self, body: Any) -> Reply:
        def one(object: str, fields: Mapping[str, Any]) -> dict[str, Any]:
            return {"id": self.api.create(object, fields).body["id"]}

        return self._each(body, one)

    def update(self, body: Any) -> Reply:
        def one(object: str, fields: Mapping[str, Any]) -> dict[str, Any]:
            id = next((value for name, value in fields.items() if name.lower() == "id"), None)
            if not isinstance(id, str):
                raise WireError(400, "MISSING_ARGUMENT", "Id not specified in an update call", [])
            self.api.update(object, id, {name: value for name, value in fields.items() if name.lower() != "id"}, None)
            return {"id": self.api.org.live(object, id)["Id"]}

        return self._each(body, one)

    def upsert(self, object: str, column: str, body: Any) -> Reply:
        def one(named: str, fields: Mapping[str, Any]) -> dict[str, Any]:
            if named.lower() != object.lower():
                raise WireError(400, "INVALID_TYPE", f"{named} is not {object}", [])
            key = next((value for name, value in fields.items() if name.lower() == column.lower()), None)
            if not isinstance(key, str) or not key:
                raise WireError(400, "MISSING_ARGUMENT", f"{column} not specified", [])
            rest = {name: value for name, value in fields.items() if name.lower() != column.lower()}
            reply = self.api.upsert("v62.0", object, column, key, rest, False)
            if reply.status == 300:
                raise WireError(400, "DUPLICATE_EXTERNAL_ID", f"{column}: more than one record found", [])
            return {"id": reply.body["id"], "created": reply.body["created"]}

        return self._each(body, one)

    def _each(self, body: Any, one: Callable[[str, Mapping[str, Any]], dict[str, Any]]) -> Reply:
        records = _records(body)
        results: list[dict[str, Any]] = []
        with self._undone_on_failure() as undo:
            for record in records:
                fields = {name: value for name, value in record.items() if name != "attributes"}
                try:
                    results.append({**one(record["attributes"]["type"], fields), "success": True, "errors": []})
                except WireError as error:
                    if error.code in _DESERIALISING:
                        undo()
                        raise WireError(400, error.code, error.message) from None
                    results.append({"success": False, "errors": [_item(error)]})
            if body.get("allOrNone") is True and not all(item["success"] for item in results):
                undo()
                results = [_rolled_back(item) for item in results]
        return Reply(200, results)

    def composite(self, body: Any, authorization: str) -> Reply:
        """Counts as one call, whatever is in it."""
        requests = body.get("compositeRequest") if isinstance(body, dict) else None
        if not isinstance(requests, list) or not requests:
            raise WireError(400, "INVALID_INPUT", "compositeRequest is missing")
        queries = sum("/query" in str(item.get("url")) or "/composite/" in str(item.get("url")) for item in requests)
        if len(requests) > MOST_REQUESTS or queries > MOST_QUERIES:
            raise WireError(
                400, "INVALID_INPUT", f"at most {MOST_REQUESTS} subrequests, {MOST_QUERIES} of them queries"
            )
        answered, shown = dict[str, Any](), list[dict[str, Any]]()
        with self._undone_on_failure() as undo:
            for item in requests:
                answer = self._single(item, answered, authorization)
                answered[item["referenceId"]] = answer["body"]
                shown.append(answer)
            if body.get("allOrNone") is True and any(item["httpStatusCode"] >= 400 for item in shown):
                undo()
                shown = [item if item["httpStatusCode"] >= 400 else _halted(item) for item in shown]
        return Reply(200, {"compositeResponse": shown})

    def _single(self, item: Mapping[str, Any], answered: Mapping[str, Any], authorization: str) -> dict[str, Any]:
        url, body = _filled(item["url"], answered), _filled(item.get("body"), answered)
        headers = {**item.get("httpHeaders", {}), "Authorization": authorization}
        data = None if body is None else dumps(body)
        self.api.inside = True
        try:
            answer = Client(self._app()).open(
                url, method=item["method"], headers=headers, data=data, content_type=data and "application/json"
            )
        finally:
            self.api.inside = False
        text = answer.get_data()
        return {
            "body": loads(text) if text else None,
            "httpHeaders": {},
            "httpStatusCode": answer.status_code,
            "referenceId": item["referenceId"],
        }

    @contextmanager
    def _undone_on_failure(self) -> Iterator[Callable[[], None]]:
        """Yields what puts every row back as it was."""
        org = self.api.org
        tables = {name: dict(rows) for name, rows in org.tables.items()}
        index = {name: {key: set(ids) for key, ids in held.items()} for name, held in org.index.items()}

        def undo() -> None:
            org.tables.update(tables)
            org.index.clear()
            org.index.update(index)

        yield undo


def _records(body: Any) -> Sequence[Mapping[str, Any]]:
    records = body.get("records") if isinstance(body, dict) else None
    if not isinstance(records, list) or not all(
        isinstance(record, dict) and isinstance(record.get("attributes"), dict) and "type" in record["attributes"]
        for record in records
    ):
        raise WireError(400, "JSON_PARSER_ERROR", "records must be a list of records with attributes.type")
    if len(records) > MOST_RECORDS:
        raise WireError(400, "LIMIT_EXCEEDED", f"record limit reached. cannot submit more than {MOST_RECORDS} records")
    return records


def _item(error: WireError) -> dict[str, Any]:
    return {"statusCode": error.code, "message": error.message, "fields": list(error.fields or [])}


def _rolled_back(item: dict[str, Any]) -> dict[str, Any]:
    if not item["success"]:
        return item
    why = "Record rolled back because not all records were valid and the request was using AllOrNone header"
    errors = [{"statusCode": "ALL_OR_NONE_OPERATION_ROLLED_BACK", "message": why, "fields": []}]
    return {**item, "success": False, "errors": errors}


def _halted(item: dict[str, Any]) -> dict[str, Any]:
    body = [
        {
            "errorCode": "PROCESSING_HALTED",
            "message": "The transaction was rolled back since another operation in the same transaction failed.",
        }
    ]
    return {**item, "body": body, "httpStatusCode": 400}


def _filled(value: Any, answered: Mapping[str, Any]) -> Any:
    """With ``@{ref.id}`` replaced by what that request answered."""
    if value is None:
        return None

    def of(found: re.Match[str]) -> str:
        held = answered.get(found[1])
        for part in found[2].split("."):
            held = held.get(part) if isinstance(held, dict) else None
        if held is None:
            raise WireError(400, "PROCESSING_HALTED", f"Invalid reference specified. No value for {found[0]}")
        return str(held)

    if isinstance(value, str):
        return _REFERENCE.sub(of, value)
    return json.loads(_REFERENCE.sub(of, dumps(value)))

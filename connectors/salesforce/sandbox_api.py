"""The REST resources of the stand-in: queries, rows, descriptions, limits.

Sources: REST API Developer Guide, chapters "Reference" and "Status Codes and Error Responses".
"""

from __future__ import annotations

import copy
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from connectors.salesforce import sandbox_query
from connectors.salesforce.ids import suffix
from connectors.salesforce.sandbox_errors import WireError
from connectors.salesforce.sandbox_rows import Org, Row
from connectors.salesforce.sandbox_select import matching, renderer
from connectors.salesforce.sandbox_values import moment_of, stamp

VERSIONS = tuple(f"v{number}.0" for number in range(31, 68))
LOOKS_BACK = timedelta(days=15)
"""How far back the log of deletions is told (REST API Developer Guide, "Get Deleted")."""
_NOT_FOUND = WireError(404, "NOT_FOUND", "The requested resource does not exist")


@dataclass(frozen=True, slots=True)
class Reply:
    """``body`` is ``None`` where the answer has none."""

    status: int
    body: Any = None


@dataclass(slots=True)
class _Locator:
    """A list that somebody is paging through, as it was when it was asked for."""

    query: sandbox_query.Query
    rows: list[Row]
    page: int


class Api:
    """``most_a_page``: rows a page at most, however many are asked for. ``allowed``: calls before
    ``REQUEST_LIMIT_EXCEEDED``; ``used`` counts them."""

    def __init__(self, org: Org, most_a_page: int = 1000, allowed: int = 100_000) -> None:
        self.org = org
        self.most_a_page = most_a_page
        self.allowed = allowed
        self.used = 0
        self.inside = False  # of a composite request, which counts as one call
        self._locators: dict[str, _Locator] = {}
        self._old = org
        self._lagging = 0

    def lag(self, reads: int) -> None:
        """The next so many queries show all rows as they are now, whatever is written meanwhile."""
        self._old = copy.copy(self.org)
        self._old.tables = {name: dict(rows) for name, rows in self.org.tables.items()}
        self._lagging = reads

    def count_call(self) -> None:
        if self.inside:
            return
        if self.used >= self.allowed:
            raise WireError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        self.used += 1

    def versions(self) -> Reply:
        return Reply(200, [{"label": f"API {v[1:]}", "url": f"/services/data/{v}", "version": v[1:]} for v in VERSIONS])

    def limits(self) -> Reply:
        return Reply(200, {"DailyApiRequests": {"Max": self.allowed, "Remaining": self.allowed - self.used}})

    def query(self, version: str, soql: str | None, options: str, deleted: bool) -> Reply:
        if soql is None:
            raise WireError(400, "MALFORMED_QUERY", "SOQL statements cannot be empty or null")
        query = sandbox_query.parse(soql)
        shown = self._old if self._lagging else self.org
        self._lagging = max(0, self._lagging - 1)
        rows = matching(shown, query, deleted)
        if not query.fields:
            return Reply(200, {"totalSize": len(rows), "done": True, "records": []})
        renderer(self.org, query, version)  # refuses a wrong field even where no row shows it
        asked = re.search(r"batchSize=(\d+)", options)
        page = min(max(200, int(asked[1])) if asked else 2000, self.most_a_page)
        return self._page(version, _Locator(query, rows, page), None, 0)

    def more(self, version: str, locator: str) -> Reply:
        name, _, start = locator.rpartition("-")
        found = self._locators.get(name)
        if found is None or not start.isdigit():
            raise WireError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(version, found, name, int(start))

    def _page(self, version: str, held: _Locator, name: str | None, start: int) -> Reply:
        end = start + held.page
        render = renderer(self.org, held.query, version)
        body: dict[str, Any] = {"totalSize": len(held.rows), "done": end >= len(held.rows)}
        if not body["done"]:
            name = name or self._hold(held)
            body["nextRecordsUrl"] = f"/services/data/{version}/query/{name}-{end}"
        body["records"] = [render(row) for row in held.rows[start:end]]
        return Reply(200, body)

    def _hold(self, held: _Locator) -> str:
        short = "01g" + secrets.token_hex(6)
        name = short + suffix(short)
        self._locators[name] = held
        return name

    def objects(self) -> Reply:
        found = [
            {key: value for key, value in item.describe().items() if key != "fields"}
            for item in self.org.objects.values()
        ]
        return Reply(200, {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": found})

    def basics(self, object: str) -> Reply:
        described = self.org.object(object).describe()
        return Reply(200, {"objectDescribe": {k: v for k, v in described.items() if k != "fields"}, "recentItems": []})

    def describe(self, object: str) -> Reply:
        return Reply(200, self.org.object(object).describe())

    def deleted(self, object: str, start: str, end: str) -> Reply:
        try:
            first, last = (moment_of(text).replace(second=0, microsecond=0) for text in (start, end))
        except ValueError:
            raise WireError(400, "INVALID_REPLICATION_DATE", "start and end must be dateTimes") from None
        now = self.org.now()
        if last <= first:
            raise WireError(400, "INVALID_REPLICATION_DATE", "startDate before endDate, at least one minute apart")
        if now - first > LOOKS_BACK:
            raise WireError(400, "INVALID_REPLICATION_DATE", f"startDate is more than {LOOKS_BACK.days} days ago")
        wanted = self.org.object(object).name
        gone = [(id, at) for name, id, at in self.org.deleted if name == wanted and first <= at < last]
        return Reply(
            200,
            {
                "deletedRecords": [{"id": id, "deletedDate": stamp(at)} for id, at in gone],
                "earliestDateAvailable": stamp(now - LOOKS_BACK),
                "latestDateCovered": stamp(min(last, now)),
            },
        )

    def create(self, object: str, body: Any) -> Reply:
        self._need(object, "create")
        id = self.org.insert(object, _record(body))
        return Reply(201, {"id": id, "success": True, "errors": []})

    def read(self, version: str, object: str, id: str, fields: str | None) -> Reply:
        return Reply(200, self._whole(version, object, self.org.live(object, id), fields))

    def read_by(self, version: str, object: str, column: str, value: str, fields: str | None) -> Reply:
        found = self.org.with_external(object, column, value)
        if not found:
            raise _NOT_FOUND
        if len(found) > 1:
            return self._several(version, object, found)
        return Reply(200, self._whole(version, object, found[0], fields))

    def update(self, object: str, id: str, body: Any, unmodified_since: str | None) -> Reply:
        self._need(object, "edit")
        row = self.org.live(object, id)
        if unmodified_since is not None:
            self._need_unmodified(row, unmodified_since)
        self.org.update(object, id, _record(body))
        return Reply(204)

    def upsert(self, version: str, object: str, column: str, value: str, body: Any, update_only: bool) -> Reply:
        fields = _record(body)
        for right in ("create", "edit"):
            self._need(object, right)
        found = self.org.with_external(object, column, value)
        for name in fields:
            if name.lower() in ("id", column.lower()):
                raise WireError(
                    400, "INVALID_FIELD", f"The {name} field should not be specified in the sobject data.", [name]
                )
        if len(found) > 1:
            return self._several(version, object, found)
        if found:
            self.org.update(object, found[0]["Id"], fields)
            return Reply(200, {"id": found[0]["Id"], "success": True, "errors": [], "created": False})
        if update_only:
            raise _NOT_FOUND
        id = self.org.insert(object, {**fields, column: value})
        return Reply(201, {"id": id, "success": True, "errors": [], "created": True})

    def delete(self, object: str, id: str) -> Reply:
        self._need(object, "delete")
        self.org.delete(object, id)
        return Reply(204)

    def _need(self, object: str, right: str) -> None:
        if right not in self.org.object(object).rights:
            raise WireError(
                403, "INSUFFICIENT_ACCESS_OR_READONLY", f"insufficient access rights to {right} {object}", []
            )

    def _several(self, version: str, object: str, rows: list[Row]) -> Reply:
        return Reply(300, [f"/services/data/{version}/sobjects/{object}/{row['Id']}" for row in rows])

    def _need_unmodified(self, row: Row, text: str) -> None:
        """Whole seconds: two writes within one second are not told apart."""
        try:
            since = parsedate_to_datetime(text).astimezone(UTC)
        except ValueError:
            raise WireError(400, "INVALID_FIELD", "If-Unmodified-Since is not an HTTP date") from None
        if moment_of(row["SystemModstamp"]).replace(microsecond=0) > since:
            raise WireError(412, "PRECONDITION_FAILED", "The record was modified since the given date")

    def _whole(self, version: str, object: str, row: Row, fields: str | None) -> dict[str, Any]:
        target = self.org.object(object)
        names = tuple(name.strip() for name in fields.split(",")) if fields else tuple(target.columns)
        return renderer(self.org, sandbox_query.Query(names, target.name), version)(row)


def _record(body: Any) -> Mapping[str, Any]:
    if not isinstance(body, dict):
        raise WireError(400, "JSON_PARSER_ERROR", "The HTTP entity body is required to be a JSON object")
    return body

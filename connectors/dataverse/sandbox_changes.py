"""Lists of the stand-in: pages with opaque links, and what changed since a list was taken.

Sources: Web API, "Page results" and "Use change tracking to synchronize data". A token is good for seven days, the
default of ExpireChangeTrackingInDays; that an old one is answered with 410 is what others report.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from connectors.dataverse.sandbox_errors import WireError, bad
from connectors.dataverse.sandbox_query import Query, value_of
from connectors.dataverse.sandbox_rows import Environment, Row
from connectors.dataverse.sandbox_tables import TableType

PAGE = 5000
TOKEN_LASTS = timedelta(days=7)
_FORM = "%m/%d/%Y %H:%M:%S"


@dataclass(slots=True)
class Cookie:
    """A list that somebody is paging through: ids still to come, then deleted ones."""

    table: str
    select: str
    query: Query
    ids: list[str]
    gone: list[str]
    since: str
    """The token of the moment when the list was asked for; empty where changes are not tracked."""


class Lists:
    """``most``: rows a page at most, however many are asked for."""

    def __init__(self, env: Environment, most: int = PAGE) -> None:
        self.env = env
        self.most = most
        self._cookies: dict[str, Cookie] = {}

    def begin(self, table: TableType, options: dict[str, str], query: Query, tracked: bool) -> Cookie:
        """A list of everything, or of what changed where there is a token."""
        token = options.get("$deltatoken")
        if token is not None or tracked:
            self._need_plain(table, options)
        rows = list(self.env.rows(table.name))
        gone: list[str] = []
        if token is not None:
            version = self._version(token)
            rows = sorted((row for row in rows if row["versionnumber"] > version), key=lambda row: row["versionnumber"])
            gone = [each.id for each in self.env.deleted if each.table == table.name and each.version > version]
        elif query.test is not None:
            rows = [row for row in rows if query.test(row)]
        for column, backwards in reversed(query.order):
            rows.sort(key=lambda row: ((v := value_of(column, row)) is not None, v), reverse=backwards)
        since = self._token() if tracked or token is not None else ""
        ids = [row[table.id] for row in rows[: query.top]]
        return Cookie(table.name, options.get("$select", ""), query, ids, list(dict.fromkeys(gone)), since)

    def resumed(self, name: str) -> Cookie:
        if name not in self._cookies:
            raise bad("The paging cookie is malformed or too old.", "0x80040203")
        kept = self._cookies[name]
        return Cookie(kept.table, kept.select, kept.query, list(kept.ids), list(kept.gone), kept.since)

    def page(self, cookie: Cookie, size: int, address: str) -> tuple[list[Row], list[str], dict[str, Any]]:
        """Rows, deleted ids, and the link to the next page or to later changes. Takes them off the cookie."""
        size = max(1, min(size, self.most))
        ids, cookie.ids = cookie.ids[:size], cookie.ids[size:]
        gone, cookie.gone = cookie.gone[: size - len(ids)], cookie.gone[max(0, size - len(ids)) :]
        rows = [row for id in ids if (row := self.env.tables[cookie.table].get(id)) is not None]
        asked = f"{address}?$select={cookie.select}&" if cookie.select else f"{address}?"
        if cookie.ids or cookie.gone:
            name = secrets.token_hex(12)
            self._cookies[name] = cookie
            return rows, gone, {"@odata.nextLink": f"{asked}$skiptoken={quote(f'<cookie {name}>')}"}
        if cookie.since:
            return rows, gone, {"@odata.deltaLink": f"{asked}$deltatoken={quote(cookie.since, safe='')}"}
        return rows, gone, {}

    def _need_plain(self, table: TableType, options: dict[str, str]) -> None:
        if not table.tracked:
            raise bad(f"Change tracking is not enabled for entity {table.name}.")
        for name in ("$filter", "$orderby", "$expand", "$top"):
            if name in options:
                raise bad(f"The query option {name} is not supported with change tracking.")

    def _token(self) -> str:
        return f"{self.env.version}!{self.env.now().astimezone(UTC).strftime(_FORM)}"

    def _version(self, token: str) -> int:
        number, _, moment = token.partition("!")
        try:
            taken = datetime.strptime(moment, _FORM).replace(tzinfo=UTC)
            version = int(number)
        except ValueError:
            raise bad(f"The delta token '{token[:40]}' is malformed.") from None
        if self.env.now() - taken > TOKEN_LASTS:
            raise WireError(410, "0x80044352", "The delta token has expired. Get all rows again.")
        return version

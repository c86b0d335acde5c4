"""The values part of the Sheets API as calls: addresses, quotas, sign-in. Source: developers.google.com/sheets/api."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from connectors.answer import Answer
from connectors.contract import Ambiguous, Rate, Unavailable
from connectors.google_sheets import errors, ranges
from connectors.google_sheets.sign_in import SCOPE, SCOPE_READONLY, Account, Token, sign_in
from connectors.limiter import Throttle
from connectors.transport import Transport
from schemas.said import phrase

CALLS_A_USER = 60
CALLS_A_PROJECT = 300
"""Reads, and as many writes, in one minute (Google: "Usage limits"). A 429 has no Retry-After; backing off is advised."""
PARTS = 4
"""Of a minute, each with its share: a wait is then short enough for the call that has to wait."""
PAYLOAD = 1_500_000
"""Bytes of one write. Google advises 2 MB at most."""

UNFORMATTED, FORMULA = "UNFORMATTED_VALUE", "FORMULA"


class Api:
    """Calls to one spreadsheet as one service account. Raises ``ConnectorError`` only."""

    def __init__(
        self, transport: Transport, url: str, token_url: str, spreadsheet: str, who: Account, *, writes: bool
    ) -> None:
        self._transport = transport
        self._url = f"{url.rstrip('/')}/{quote(spreadsheet, safe='')}"
        self._token_url = token_url
        self._scope = SCOPE if writes else SCOPE_READONLY
        self._token: Token | None = None
        self.spreadsheet = spreadsheet
        self.who = who
        self._reads, self._writes = self._throttle("reads"), self._throttle("writes")
        self.rates = (*self._reads.rates, *self._writes.rates)

    def _throttle(self, kind: str) -> Throttle:
        seconds = 60.0 / PARTS
        rates = [Rate(f"google-sheets-{kind}:{self.who.email}", CALLS_A_USER // PARTS, seconds)]
        if self.who.project:
            rates.append(Rate(f"google-sheets-{kind}-project:{self.who.project}", CALLS_A_PROJECT // PARTS, seconds))
        return Throttle(rates[0].scope, tuple(rates))

    # --- reading

    def tabs(self) -> list[str]:
        """Names of the tabs, for the connection test."""
        body = self._json(
            "GET", "", phrase("Reading the names of the tabs"), params={"fields": "sheets.properties.title"}
        )
        try:
            return [str(each["properties"]["title"]) for each in body["sheets"]]
        except (KeyError, TypeError):
            raise Unavailable(phrase("Reading the names of the tabs: Google's answer has none in it.")) from None

    def header(self, tab: str, at: int) -> list[Any]:
        """The cells of one row."""
        asked = ranges.row(tab, at)
        body = self._json(
            "GET",
            f"/values/{quote(asked, safe='')}",
            phrase("Reading row %(at)s of tab %(tab)s", at=at, tab=repr(tab)),
            params=_how(UNFORMATTED, "ROWS"),
        )
        (row, *more) = _lists(body, (1, at), phrase("Reading row %(at)s of tab %(tab)s", at=at, tab=repr(tab))) or [[]]
        if more:
            raise Unavailable(
                phrase("Reading row %(at)s of tab %(tab)s: Google answered more than one row.", at=at, tab=repr(tab))
            )
        return row

    def columns(self, tab: str, spans: Sequence[tuple[int, int]], top: int, render: str) -> dict[int, list[Any]]:
        """Whole columns from row ``top`` down, all as of one moment, by their number."""
        place = phrase("Reading tab %(tab)s", tab=repr(tab))
        asked = [("ranges", ranges.columns(tab, span, top)) for span in spans]
        body = self._json("GET", "/values:batchGet", place, params=[*asked, *_how(render, "COLUMNS").items()])
        given = body.get("valueRanges")
        if body.get("spreadsheetId") != self.spreadsheet or not isinstance(given, list) or len(given) != len(spans):
            raise Unavailable(
                phrase("%(place)s: Google's answer is not about the ranges that were asked for.", place=place)
            )
        found: dict[int, list[Any]] = {}
        for (first, last), each in zip(spans, given, strict=True):
            lists = _lists(each, (first, top), place)
            for at in range(first, last + 1):
                found[at] = lists[at - first] if at - first < len(lists) else []
        return found

    # --- writing

    def put(self, cells: Sequence[tuple[str, Any]]) -> None:
        """Single cells, all or none of one call. Text stays text whatever it looks like."""
        place = phrase("Writing %(count)s cells", count=len(cells))
        data = [{"range": where, "values": [[value]]} for where, value in cells]
        body = self._json("POST", "/values:batchUpdate", place, json={"valueInputOption": "RAW", "data": data})
        if body.get("spreadsheetId") != self.spreadsheet or body.get("totalUpdatedCells") != len(cells):
            raise Ambiguous(
                phrase("%(place)s: Google's answer does not say that all of them were written.", place=place)
            )

    def append(self, tab: str, header: tuple[int, int, int], rows: Sequence[Sequence[Any]]) -> str:
        """Rows below the table whose header is at (row, first column, last column); the range that they got. Rows are
        inserted, so that what stands below moves down and nothing is written over."""
        top, first, last = header
        asked = f"{ranges.cell(tab, first, top)}:{ranges.letters(last)}{top}"
        place = phrase("Adding %(count)s rows to tab %(tab)s", count=len(rows), tab=repr(tab))
        how = {"valueInputOption": "RAW", "insertDataOption": "INSERT_ROWS"}
        path = f"/values/{quote(asked, safe='')}:append"
        body = self._json("POST", path, place, params=how, json={"majorDimension": "ROWS", "values": rows})
        updates = body.get("updates")
        if not isinstance(updates, dict) or updates.get("updatedRows") != len(rows):
            raise Ambiguous(phrase("%(place)s: Google's answer does not say that all of them were added.", place=place))
        return str(updates.get("updatedRange"))

    def clear(self, area: str) -> None:
        self._json("POST", "/values:batchClear", phrase("Clearing %(area)s", area=area), json={"ranges": [area]})

    # --- how

    def _json(self, method: str, path: str, place: str, **how: Any) -> dict[str, Any]:
        answer = self._ask(method, path, how)
        if not answer.ok:
            raise errors.error(answer, place, self.who.email)
        body = answer.json()
        if not isinstance(body, dict):
            told = phrase(
                "%(place)s: Google answered a %(kind)s where an object was due", place=place, kind=type(body).__name__
            )
            raise (
                Ambiguous(phrase("%(words)s; it may have happened.", words=told))
                if answer.wrote
                else Unavailable(phrase("%(words)s.", words=told))
            )
        return body

    def _ask(self, method: str, path: str, how: Mapping[str, Any]) -> Answer:
        fresh = self._token is None or self._transport.time.monotonic() >= self._token.until
        if fresh:
            self._sign_in()
        answer = self._send(method, path, how)
        # A refused token means that the call did nothing, so even a write may be sent again: once.
        if answer.status == 401 and not fresh:
            self._sign_in()
            answer = self._send(method, path, how)
        if answer.status == 401:
            self._token = None
        return answer

    def _sign_in(self) -> None:
        self._token = sign_in(self._transport, self._token_url, self.who, self._scope)

    def _send(self, method: str, path: str, how: Mapping[str, Any]) -> Answer:
        assert self._token is not None
        headers = {"Authorization": f"Bearer {self._token.value.reveal()}"}
        throttle = self._reads if method == "GET" else self._writes
        return self._transport.call(method, self._url + path, headers=headers, throttle=throttle, **how)


def _how(render: str, dimension: str) -> dict[str, str]:
    # Dates as they are shown: as serial numbers nobody could tell them from amounts.
    return {
        "valueRenderOption": render,
        "dateTimeRenderOption": "FORMATTED_STRING",
        "majorDimension": dimension,
    }


def _lists(body: Any, start: tuple[int, int], place: str) -> list[list[Any]]:
    """The rows or columns of a value range that begins where it was asked to."""
    if not isinstance(body, dict) or ranges.start(body.get("range")) != start:
        raise Unavailable(phrase("%(place)s: Google's answer is not about the range that was asked for.", place=place))
    values = body.get("values", [])
    if not isinstance(values, list) or not all(isinstance(each, list) for each in values):
        raise Unavailable(phrase("%(place)s: Google's answer holds no cells.", place=place))
    return values

"""What came back over the wire, whole and within limits, not yet believed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors import strict_json
from connectors.contract import Ambiguous, ConnectorError, Unavailable
from schemas.said import Said, phrase


@dataclass(frozen=True, slots=True)
class Answer:
    """``headers`` have lower-case names; ``body`` is decompressed and complete as far as its framing tells.

    ``framed`` is false when the server marked the end of the body by hanging up: then only a
    format that knows its own end (JSON) can be trusted. ``wrote`` is true when the request was
    one that may not be repeated: an unreadable success is then ``Ambiguous``, not ``Unavailable``.
    ``url`` is without its query, fit for a message.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)
    url: str = ""
    framed: bool = True
    wrote: bool = False

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Any:
        """Strictly: UTF-8, ``Decimal`` for non-integers, no NaN, bounded depth, no half characters."""
        if not self.body.strip():
            raise self._unreadable(phrase("with an empty body where JSON was due"))
        try:
            return strict_json.loads(self.body)
        except ValueError as error:
            if self.looks_like_html:
                raise self._unreadable(
                    phrase("HTML, probably a sign-in page; check the address and the credentials")
                ) from None
            raise self._unreadable(phrase("something that is not its protocol (%(error)s)", error=error)) from None

    def peek(self) -> Any:
        """The JSON of an error body, ``None`` when it has none: errors may well be HTML."""
        try:
            return strict_json.loads(self.body)
        except ValueError:
            return None

    def text(self) -> str:
        """The body as UTF-8 text. Refuses a body that could have been cut short unnoticed."""
        if not self.framed:
            raise self._unreadable(phrase("without saying how long its answer is, so a cut could go unnoticed"))
        try:
            return self.body.decode("utf-8")
        except UnicodeDecodeError as error:
            raise self._unreadable(phrase("text that is not UTF-8 (at byte %(place)s)", place=error.start)) from None

    @property
    def looks_like_html(self) -> bool:
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        return kind in ("text/html", "application/xhtml+xml") or self.body.lstrip()[:1] == b"<"

    def _unreadable(self, what: Said) -> ConnectorError:
        message = phrase(
            "%(url)s answered %(status)s %(what)s.", url=self.url or phrase("The system"), status=self.status, what=what
        )
        return Ambiguous(message) if self.wrote and self.ok else Unavailable(message)

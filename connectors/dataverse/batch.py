"""Several operations in one ``$batch`` call, and their answers (Web API, "Execute batch operations"; RFC 2046).

Operations go one after the other and each for itself: a refused one changes nothing about the next. Answers come in
the order of the operations. A batch whose answer is cut, mixed up or of another length is believed in no part.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.answer import Answer
from connectors.transport import dump
from schemas.said import phrase

MOST = 1000
"""Operations in one batch."""

_BOUNDARY = re.compile(r'boundary="?([^";,\s]{1,200})"?', re.IGNORECASE)
_STATUS = re.compile(rb"HTTP/\d\.\d (\d{3})(?: [^\r\n]*)?")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: ``path`` is relative to the service's root, already encoded; ``json`` its body, if any."""

    method: str
    path: str
    json: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def writes(self) -> bool:
        return self.method != "GET"


def encoded(operations: Sequence[Operation], root: str, headers: Mapping[str, str], boundary: str) -> bytes:
    """The body of a batch. ``root`` is the path of the service, like ``/api/data/v9.2/``."""
    body = bytearray()
    for operation in operations:
        body += _lines(f"--{boundary}", "Content-Type: application/http", "Content-Transfer-Encoding: binary", "")
        sent = {**headers, **operation.headers}
        content = b"" if operation.json is None else dump(operation.json)
        if content:
            sent["Content-Type"] = "application/json; charset=utf-8"
        named = [f"{name}: {value}" for name, value in sent.items()]
        body += _lines(f"{operation.method} {root}{operation.path} HTTP/1.1", *named, "")
        body += content + b"\r\n"
    return bytes(body + _lines(f"--{boundary}--"))


def decoded(answer: Answer, operations: Sequence[Operation]) -> list[Answer]:
    """One answer an operation. ``ValueError`` where the whole cannot be told apart."""
    kind = answer.headers.get("content-type", "")
    found = _BOUNDARY.search(kind)
    if not kind.lower().startswith("multipart/mixed") or not found:
        raise ValueError(phrase("the answer to a batch is no multipart/mixed"))
    parts = _parts(answer.body, f"--{found[1]}".encode())
    if len(parts) != len(operations):
        raise ValueError(
            phrase("%(sent)s operations were sent and %(answered)s answered", sent=len(operations), answered=len(parts))
        )
    return [_answer(part, operation, answer.url) for part, operation in zip(parts, operations, strict=True)]


def _lines(*lines: str) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode("utf-8")


def _parts(body: bytes, mark: bytes) -> list[bytes]:
    """Between the marks, each at the beginning of a line; the last mark has two more dashes."""
    pieces = re.split(rb"(?:\A|\r\n)" + re.escape(mark) + rb"(--)?[ \t]*(?=\r\n|\Z)", body)
    if len(pieces) < 3 or pieces[0].strip() or pieces[-2] != b"--" or any(pieces[1:-2:2]):
        raise ValueError(phrase("the answer to a batch has no beginning or no end"))
    return [piece.removeprefix(b"\r\n") for piece in pieces[2:-1:2]]


def _answer(part: bytes, operation: Operation, url: str) -> Answer:
    outer, apart, inner = part.partition(b"\r\n\r\n")
    head, ended, body = inner.partition(b"\r\n\r\n")
    line, _, rest = head.partition(b"\r\n")
    status = _STATUS.fullmatch(line.strip())
    if not apart or not ended or status is None or b"application/http" not in outer.lower():
        raise ValueError(phrase("a part of the answer to a batch is no HTTP answer"))
    headers = {}
    for named in rest.decode("latin-1").split("\r\n"):
        name, _, value = named.partition(":")
        headers[name.strip().lower()] = value.strip()
    return Answer(int(status[1]), headers, body, url, wrote=operation.writes)

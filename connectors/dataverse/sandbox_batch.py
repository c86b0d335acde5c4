"""``$batch`` of the stand-in: operations one after the other, change sets all or nothing.

Source: Web API, "Execute batch operations". Without ``odata.continue-on-error`` the first failure ends the batch, which
then has that failure's status.
"""

from __future__ import annotations

import copy
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import responses
from typing import Any

from connectors.dataverse.sandbox_errors import bad
from connectors.dataverse.sandbox_rows import Environment

MOST = 1000
_BOUNDARY = re.compile(r'boundary="?([^";\s]+)"?', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, alone or in a batch. ``path`` is as it came, encoded, from the host on; header names in lower case.
    ``origin`` begins the addresses in its answer."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    origin: str = ""


@dataclass(slots=True)
class Reply:
    """``body`` as it goes out; empty where there is none."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


Handle = Callable[[Asked], Reply]


def answered(env: Environment, asked: Asked, handle: Handle) -> Reply:
    """The answer to a whole batch."""
    go_on = "odata.continue-on-error" in asked.headers.get("prefer", "")
    parts = _parts(asked.body, asked.headers.get("content-type", ""))
    if len(parts) > MOST:
        raise bad(f"A batch has {MOST} operations at most.")
    boundary = f"batchresponse_{secrets.token_hex(16)}"
    body = bytearray()
    status = 200
    for headers, content in parts:
        if headers.get("content-type", "").startswith("multipart/mixed"):
            failed, text = _change_set(env, headers["content-type"], content, asked.origin, handle)
        else:
            reply = handle(_operation(content, asked.origin))
            failed, text = (reply.status if reply.status >= 400 else 0), _written(reply)
        body += f"--{boundary}\r\n".encode() + text
        if failed and not go_on:
            status = failed
            break
    body += f"--{boundary}--\r\n".encode()
    return Reply(status, bytes(body), {"Content-Type": f"multipart/mixed; boundary={boundary}"})


def _change_set(env: Environment, kind: str, content: bytes, origin: str, handle: Handle) -> tuple[int, bytes]:
    """What one part of it may refer to by ``$1`` is the row that another one created."""
    before = copy.copy(env.__dict__) | {"tables": {name: dict(rows) for name, rows in env.tables.items()}}
    deleted = list(env.deleted)
    boundary = f"changesetresponse_{secrets.token_hex(16)}"
    body = bytearray()
    created: dict[str, str] = {}
    for headers, part in _parts(content, kind):
        asked = _operation(part, origin)
        if asked.method == "GET":
            raise bad("A change set has no GET requests.")
        path = re.sub(r"\$(\d+)", lambda found: created.get(found[1], found[0]), asked.path)
        reply = handle(Asked(asked.method, path, asked.headers, _referring(asked.body, created), origin))
        if reply.status >= 400:
            env.__dict__ |= before
            env.deleted = deleted
            return reply.status, _written(reply)
        if "odata-entityid" in (known := {name.lower(): value for name, value in reply.headers.items()}):
            created[headers.get("content-id", "")] = known["odata-entityid"]
        body += f"--{boundary}\r\n".encode() + _written(reply, headers.get("content-id", ""))
    body += f"--{boundary}--\r\n".encode()
    return 0, f"Content-Type: multipart/mixed; boundary={boundary}\r\n\r\n".encode() + bytes(body)


def _referring(body: bytes, created: dict[str, str]) -> bytes:
    return re.sub(rb'"\$(\d+)"', lambda found: f'"{created.get(found[1].decode(), "")}"'.encode(), body)


def _parts(body: bytes, kind: str) -> list[tuple[dict[str, str], bytes]]:
    found = _BOUNDARY.search(kind)
    if not kind.startswith("multipart/mixed") or not found:
        raise bad("A batch is multipart/mixed with a boundary.")
    pieces = re.split(rb"(?:\A|\r?\n)--" + re.escape(found[1].encode()) + rb"(?:--)?[ \t]*(?:\r?\n|\Z)", body)
    return [_headed(piece) for piece in pieces if piece.strip()]


def _headed(text: bytes) -> tuple[dict[str, str], bytes]:
    head, _, rest = text.replace(b"\r\n\r\n", b"\n\n", 1).partition(b"\n\n")
    lines = [line.partition(":") for line in head.decode("latin-1").splitlines() if ":" in line]
    return {name.strip().lower(): value.strip() for name, _, value in lines}, rest


def _operation(content: bytes, origin: str) -> Asked:
    line, _, rest = content.lstrip().partition(b"\n")
    words = line.decode("utf-8").split()
    if len(words) != 3 or not words[2].startswith("HTTP/"):
        raise bad(f"'{line[:80]!r}' is not the first line of a request.")
    headers, body = _headed(rest)
    return Asked(words[0], words[1], headers, body.strip(), origin)


def _written(reply: Reply, content_id: str = "") -> bytes:
    told = [f"Content-ID: {content_id}"] if content_id else []
    lines: list[Any] = ["Content-Type: application/http", "Content-Transfer-Encoding: binary", *told, ""]
    lines.append(f"HTTP/1.1 {reply.status} {responses.get(reply.status, 'So')}")
    lines += [f"{name}: {value}" for name, value in reply.headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("utf-8") + reply.body + b"\r\n"

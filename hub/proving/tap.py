"""What listens in on the calls of a proof, and loses an answer when told to, after the request has left."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from connectors.answer import Answer
from connectors.questions import Exchange
from connectors.transport import Transport
from connectors.wire import Carrier, Request, WireFailed


@dataclass
class Watch:
    """What went by so far, under the step that ran. ``losing``: the next answer to a write is to be lost; ``lost``: how
    many were."""

    step: str = "check"
    seen: list[Exchange] = field(default_factory=list)
    losing: bool = False
    lost: int = 0

    def lose(self) -> None:
        self.losing = False
        self.lost += 1


class Tap:
    """A carrier before another one. The request always goes out; only its answer may be lost."""

    def __init__(self, wire: Carrier, watch: Watch) -> None:
        self._wire, self._watch = wire, watch

    def exchange(self, request: Request, seconds: float) -> Answer:
        watch, path = self._watch, urlsplit(request.shown).path
        try:
            answer = self._wire.exchange(request, seconds)
        except WireFailed:
            watch.seen.append(Exchange(watch.step, request.method, path, None))
            raise
        code = _code(answer.body) if answer.status >= 400 else ""
        watch.seen.append(Exchange(watch.step, request.method, path, answer.status, code))
        if watch.losing and request.wrote and answer.status < 400:
            watch.lose()
            raise WireFailed("the proof let this answer get lost", sent=True)
        return answer

    def close(self) -> None:
        self._wire.close()


class TappedTransport(Transport):
    """The usual transport, with a tap in its wire."""

    def __init__(self, watch: Watch, **settings: Any) -> None:
        super().__init__(**settings)
        self._wire = Tap(self._wire, watch)


def _code(body: bytes) -> str:
    """The system's own word for an error: where Salesforce, Airtable, Fluxx and OData put it, else nothing."""
    try:
        told = json.loads(body)
    except ValueError:
        return ""
    told = told[0] if isinstance(told, list) and told else told
    told = told.get("error", told) if isinstance(told, dict) else told
    if not isinstance(told, dict):
        return ""
    code = next((told[name] for name in ("errorCode", "code", "type") if told.get(name)), "")
    return str(code)[:60]

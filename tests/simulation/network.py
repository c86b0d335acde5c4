"""The way between the hub and the simulated systems: brings each request there and the answer back, or fails to.

It takes the place of sockets behind the real transport. Whether and how a call goes wrong is decided by the mood; this
module carries it out, keeps the log of what was sent, and counts what no call may ever do.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from connectors.answer import Answer
from connectors.clock import ManualTime
from connectors.wire import Request, WireFailed
from tests.simulation.mood import Fault, Mood
from tests.simulation.system import GrantsSystem, Reply, plain


@dataclass(frozen=True, slots=True)
class Call:
    """One request as a system received it."""

    system: str
    method: str
    path: str
    text: str


@dataclass
class Network:
    """``between`` is called before a request arrives and may change the world or end the process; ``impolite`` lists
    calls that came too often or before they were asked to."""

    time: ManualTime
    mood: Mood
    log: Callable[[str, str], None]
    between: Callable[[str, str, str], None] = lambda system, method, path: None
    systems: dict[str, GrantsSystem] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    impolite: list[str] = field(default_factory=list)
    not_before: dict[str, float] = field(default_factory=dict)
    late: list[tuple[float, GrantsSystem, Request]] = field(default_factory=list)

    def exchange(self, request: Request, seconds: float) -> Answer:
        parts = urlsplit(request.url)
        system = self.systems[(parts.hostname or "").partition(".")[0]]
        there, back = self.mood.latency()
        self.time.sleep(there)
        system.arrives_at = self.time.monotonic()  # what others do in mid-call makes nobody impolite
        self.deliver_late()
        self.between(system.name, request.method, parts.path)
        fault = self.mood.fault(system, request.method, parts.path, _params(request))
        try:
            answer = self._carry(system, request, seconds, fault)
        except WireFailed as failure:
            self._note(system, request, fault, str(failure))
            raise
        self.time.sleep(back)
        self._note(system, request, fault, str(answer.status))
        self.between(system.name, "answered", parts.path)
        return answer

    def close(self) -> None:
        """Nothing is held open."""

    def writes(self) -> int:
        """Columns that calls wrote so far. A call that the system refused wrote none."""
        return sum(len(system.written) for system in self.systems.values())

    def deliver_late(self, everything: bool = False) -> None:
        """Requests that were taken for lost arrived after all, each at its time, though it is noticed only now."""
        now = self.time.monotonic()
        due = [late for late in self.late if everything or late[0] <= now]
        self.late = [late for late in self.late if late not in due]
        for at, system, request in due:
            self.log(system.name, f"{request.method} {urlsplit(request.url).path} arrives late")
            system.ago = max(0.0, now - at)
            self._answer(system, request)
            system.ago = 0.0

    def _carry(self, system: GrantsSystem, request: Request, seconds: float, fault: Fault | None) -> Answer:
        if fault is None:
            return _as_answer(request, self._arrive(system, request), {})
        if fault.waits or fault.delay:
            self.time.sleep(max(0.0, seconds))
        if fault.delay:
            self.late.append((self.time.monotonic() + fault.delay, system, request))
        reply = self._arrive(system, request) if fault.arrives else Reply(200, {})
        if fault.twice:
            reply = self._answer(system, request)
        if fault.loses:
            raise WireFailed(fault.kind, sent=fault.sent, lasting=fault.lasting)
        if fault.asked:
            self.not_before[system.name] = self.time.monotonic() + fault.asked
        return _as_answer(request, fault.answers(reply), fault.headers)

    def _arrive(self, system: GrantsSystem, request: Request) -> Reply:
        now = self.time.monotonic()
        if not system.arrive():
            self.impolite.append(f"{system.name}: more than {system.traits.calls} calls in {system.traits.seconds} s")
        if now < self.not_before.get(system.name, 0.0):
            self.impolite.append(f"{system.name}: called {self.not_before[system.name] - now:.1f} s too early")
        return self._answer(system, request)

    def _answer(self, system: GrantsSystem, request: Request) -> Reply:
        path = urlsplit(request.url).path
        text = (request.body or b"").decode()
        params = _params(request)
        self.calls.append(Call(system.name, request.method, path, f"{request.url} {params} {text}"))
        body = json.loads(text, parse_float=str) if text.startswith("{") else None
        headers = {name.lower(): value for name, value in (request.headers or {}).items()}
        secret = headers.get("authorization", "").removeprefix("Bearer ")
        return system.answer(request.method, path, params, body, secret)

    def _note(self, system: GrantsSystem, request: Request, fault: Fault | None, outcome: str) -> None:
        what = f"{request.method} {urlsplit(request.url).path}"
        text = f"{sorted(_params(request).items())} {(request.body or b'').decode()}"
        digest = hashlib.sha256(text.encode()).hexdigest()[:8]
        self.log(system.name, f"{what} {digest} -> {outcome}{f' ({fault.kind})' if fault else ''}")


def _params(request: Request) -> dict[str, str]:
    return {str(name): str(value) for name, value in dict(request.params or {}).items()}


def _as_answer(request: Request, reply: Reply, headers: Mapping[str, str]) -> Answer:
    raw = reply.body
    body = raw if isinstance(raw, bytes) else json.dumps(raw, default=plain, ensure_ascii=False).encode()
    kind = {"content-type": "application/json"}
    return Answer(reply.status, kind | dict(headers), body, request.shown, wrote=request.wrote)

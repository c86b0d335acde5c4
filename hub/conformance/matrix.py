"""Every operation of a connector against every fault, at every request that the operation makes.

A cell is one operation, one fault, one of its requests, and for a write whether the system got it. After
the fault the harness plays the hub's part: it looks what a write has come to, lists again after a list,
and takes no error, success or absence at its word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from connectors.contract import Ambiguous, Connector, ConnectorError, Outcome, RateLimited
from hub.conformance.faults import FAULTS, End, Fault, Name
from hub.conformance.operations import OPERATIONS, Operation
from hub.conformance.proxy import ENDLESS
from hub.conformance.stage import Stage, Usual

PAUSE = 2.0
"""Seconds on the manual clock between cells, for rate limits to be over and times in whole seconds to differ."""

CELLS: tuple[tuple[Operation, Fault], ...] = tuple(
    (operation, fault) for operation in OPERATIONS for fault in FAULTS if operation.name in fault.operations
)


def operation(name: Name) -> Operation:
    return next(each for each in OPERATIONS if each.name == name)


def fault(name: str) -> Fault:
    return next(each for each in FAULTS if each.name == name)


def survives(stage: Stage, operation: Operation, fault: Fault) -> Counter[End]:
    """How the cells of this operation and fault ended; ``AssertionError`` where one ended as none may."""
    ends: Counter[End] = Counter()
    if fault.way is not None:
        ends[_on_the_way(stage, operation, fault)] += 1
        return ends
    usual = _requests(stage, operation)
    sign_ins = usual.cold - usual.warm if operation.cold else 0
    for at in range(sign_ins):
        for reaches in _variants(operation, fault):
            with _behind_the_proxy(stage, fault) as connector:
                _count(ends, _at_a_request(stage, operation, fault, connector, at, reaches, usual.cold))
    # One for all the rest: it has to get over each fault for good.
    with _behind_the_proxy(stage, fault) as connector:
        connector.get(list(stage.known)[:1])
        for at in range(usual.warm):
            for reaches in _variants(operation, fault):
                _count(ends, _at_a_request(stage, operation, fault, connector, at, reaches, usual.warm))
    return ends


def _count(ends: Counter[End], end: End | None) -> None:
    if end is not None:
        ends[end] += 1


def _variants(operation: Operation, fault: Fault) -> tuple[bool, ...]:
    if fault.reaches == "either":
        return (True, False) if operation.writes else (False,)
    return (fault.reaches == "yes",)


def _on_the_way(stage: Stage, operation: Operation, fault: Fault) -> End:
    assert fault.way is not None
    proxy = stage.proxy
    stage.subject.time.sleep(PAUSE)
    asked = operation.prepare(stage, stage.clean)
    with fault.way(proxy, stage.subject.url) as leads, _opened(stage, leads.url, leads.transport) as connector:
        got, error = attempted(operation, connector, asked)
    return _end(stage, operation, fault, stage.clean, asked, got, error) or "retried"


def _at_a_request(
    stage: Stage, operation: Operation, fault: Fault, connector: Connector, at: int, reaches: bool, usual: int
) -> End | None:
    """None where the fault cannot befall this answer."""
    assert fault.act is not None
    stage.subject.time.sleep(PAUSE)
    # Only a connector that has signed in may be asked beforehand.
    asked = operation.prepare(stage, connector if usual == stage.usual[operation.name].warm else stage.clean)
    strike = stage.proxy.strike(fault.act, at=at, lasting=fault.lasting, reaches=reaches)
    got, error = attempted(operation, connector, asked)
    requests = stage.proxy.calm()
    _wait_as_told(stage, got, error)
    try:
        assert requests < ENDLESS, f"it never comes to an end; after {requests} requests it was stopped"
        # One that was given little time or space for the fault's sake would not get over a slow moment either.
        after = stage.clean if fault.transport else connector
        end = _end(stage, operation, fault, after, asked, got, error)
    except AssertionError as failed:
        where = f"{operation.name}, {fault.name!r} at request {at + 1}{'' if reaches else ', not passed on'}"
        raise AssertionError(f"{where}: {failed}") from failed
    if not strike.hits:
        return None
    end = end or ("retried" if requests > usual else "unharmed")
    assert operation.writes or end in fault.reads, f"{operation.name} believes {fault.name!r} at request {at + 1}"
    return end


@contextmanager
def _behind_the_proxy(stage: Stage, fault: Fault | None = None) -> Iterator[Connector]:
    stage.proxy.calm()
    stage.subject.time.sleep(PAUSE)
    with _opened(stage, stage.proxy.url, fault.transport if fault else {}) as connector:
        yield connector


def _opened(stage: Stage, url: str, transport: Mapping[str, Any]) -> AbstractContextManager[Connector]:
    return stage.subject.opened(url, **transport)


def attempted(operation: Operation, connector: Connector, asked: Any) -> tuple[Any, ConnectorError | None]:
    """What came of it, or the error; any other exception than those of the contract fails."""
    try:
        return operation.attempt(connector, asked), None
    except ConnectorError as error:
        return None, error
    except Exception as error:
        raise AssertionError(f"it crashed: {type(error).__name__}: {str(error)[:300]}") from error


def _errors(got: Any, error: ConnectorError | None) -> list[ConnectorError]:
    outcomes = [each for each in got if isinstance(each, Outcome)] if isinstance(got, list) else []
    return [each for each in (error, *(outcome.error for outcome in outcomes)) if each is not None]


def _end(
    stage: Stage,
    operation: Operation,
    fault: Fault,
    after: Connector,
    asked: Any,
    got: Any,
    error: ConnectorError | None,
) -> End | None:
    """None where everything was done right all the same."""
    for each in _errors(got, error):
        assert len(str(each)) > 20, f"its {type(each).__name__} says nothing"
        shown = any(secret in str(each) for secret in stage.subject.secrets())
        assert not shown, f"its {type(each).__name__} shows a credential"
    end = operation.judge(stage, after, asked, got, error)
    if end is not None and not operation.writes and end not in fault.reads:
        told = f" ({type(error).__name__}: {str(error)[:300]})" if error else ""
        raise AssertionError(f"it ended {end!r}{told}, which must be {' or '.join(sorted(fault.reads))}")
    return end


def _wait_as_told(stage: Stage, got: Any, error: ConnectorError | None) -> None:
    """As the hub does before it calls again."""
    waits = [each.wait for each in _errors(got, error) if isinstance(each, Ambiguous | RateLimited)]
    stage.subject.time.sleep(max(waits, default=0.0))


def _requests(stage: Stage, operation: Operation) -> Usual:
    """How many requests the operation makes when nothing is wrong."""
    if operation.name not in stage.usual:
        cold = 0
        if operation.cold:
            with _behind_the_proxy(stage) as connector:
                cold = _undisturbed(stage, operation, connector, operation.prepare(stage, stage.clean))
        with _behind_the_proxy(stage) as connector:
            connector.get(list(stage.known)[:1])
            warm = _undisturbed(stage, operation, connector, operation.prepare(stage, connector))
        stage.usual[operation.name] = Usual(cold, warm)
    return stage.usual[operation.name]


def _undisturbed(stage: Stage, operation: Operation, connector: Connector, asked: Any) -> int:
    stage.proxy.calm()
    got, error = attempted(operation, connector, asked)
    requests = stage.proxy.calm()
    end = operation.judge(stage, connector, asked, got, error)
    assert end is None, f"{operation.name} ended {end!r} with nothing wrong: {error}"
    assert requests, f"{operation.name} made no request through the address that its options name"
    return requests

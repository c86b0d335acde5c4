"""A proof as text that may be shown around: no credential, no address of a person, no value but the proof's own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from connectors.contract import Question
from hub.proving.proof import MARK, Proof, Step

_MAIL = re.compile(r"[^\s@<>(),;:\"]+@[^\s@<>(),;:\"]+")
_SIGNS = {"ok": "ok    ", "failed": "FAILED", "does not apply": "–     ", "not reached": "…     "}


def line(step: Step, hidden: Iterable[str] = ()) -> str:
    """One step. ``hidden``: credentials, which show as ``***`` should a system have quoted one."""
    return redacted(f"  {_SIGNS[step.state]} {step.name}{': ' if step.said else ''}{step.said}", hidden)


def text(proof: Proof, title: str, questions: Iterable[Question], hidden: Iterable[str], now: datetime) -> str:
    """The whole report."""
    head = [
        f"Proof of the connection {proof.name} ({title}), {now:%d %b %Y %H:%M} UTC.",
        f"One record was used, named “{MARK}”. Nothing else was read into the hub or written.",
        "",
        *(line(step) for step in proof.steps),
        "",
    ]
    return redacted("\n".join([*head, *_settled(proof, questions), *_verdict(proof)]) + "\n", hidden)


def green(proof: Proof) -> bool:
    return all(step.state in ("ok", "does not apply") for step in proof.steps)


def redacted(text: str, hidden: Iterable[str]) -> str:
    for secret in sorted(hidden, key=len, reverse=True):
        text = text.replace(secret, "***") if secret else text
    return _MAIL.sub("…@…", text)


def _settled(proof: Proof, questions: Iterable[Question]) -> Iterator[str]:
    asked = list(questions)
    if asked:
        yield "What the connector's README leaves open:"
    for question in asked:
        answer = proof.seen.get(question.settled_by, "")
        yield f"  * {question.text}"
        yield (
            f"    Settled: {answer}."
            if answer
            else f"    Not settled. {question.otherwise or 'The step was not reached.'}"
        )
    if asked:
        yield ""


def _verdict(proof: Proof) -> Iterator[str]:
    failed = [step.name for step in proof.steps if step.state == "failed"]
    if proof.left:
        yield f"Left behind: {', '.join(proof.left)}. Somebody has to remove that by hand."
    yield f"Failed: {', '.join(failed)}." if failed else "All of it held."

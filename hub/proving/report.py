"""A proof as text for people, with nothing in it that is nobody's business."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from connectors.contract import Secret
from hub.proving.proof import Proof, Step

WORDS = {"ok": "ok", "failed": "FAILED", "not applicable": "n/a", "not reached": "not reached"}
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
_ID = re.compile(r"\b(?:(?=\w*\d)(?=\w*[A-Za-z])\w{15,}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\b")


class Redactor:
    """Takes out of a sentence what a system may have put into it: secrets of the connection, mail addresses, and what looks
    like the id of anything but the proof's own record."""

    def __init__(self, options: Mapping[str, Any], *keep: str) -> None:
        secrets = (option.reveal() for option in options.values() if isinstance(option, Secret))
        self._secrets = sorted((secret for secret in secrets if secret), key=len, reverse=True)
        self._keep = " ".join(keep)

    def __call__(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        text = _ADDRESS.sub("[address]", text)
        return _ID.sub(lambda found: found[0] if found[0] in self._keep else "[id]", text)


def line(step: Step, redact: Redactor) -> str:
    return f"  {WORDS[step.state]:<11} {step.name}: {redact(step.detail)}".rstrip(": ")


def text(proof: Proof, redact: Redactor) -> str:
    """The whole report."""
    return "\n".join([*_head(proof), *(line(step, redact) for step in proof.steps), *_tail(proof, redact)]) + "\n"


def tail(proof: Proof, redact: Redactor) -> str:
    """What comes after the steps."""
    return "\n".join(_tail(proof, redact))


def head(proof: Proof) -> str:
    return "\n".join(_head(proof))


def _head(proof: Proof) -> Iterator[str]:
    yield f'Proof of {proof.connection} ({proof.system}, mapping {proof.mapping}) with one record, "{proof.title}"'


def _tail(proof: Proof, redact: Redactor) -> Iterator[str]:
    if proof.answers:
        yield ""
        yield f"What connectors/{proof.system}/README.md leaves open:"
    for question, found in proof.answers:
        yield f"  {'settled' if found else 'open':<11} {question.text}"
        yield f"  {'':<11} {redact(found or question.otherwise)}"
    yield ""
    for sentence in proof.remains:
        yield f"REMAINS: {redact(sentence)}"
    if not proof.remains:
        yield "Nothing remains of it in the system."
    failed = [step.name for step in proof.steps if step.state == "failed"]
    yield "Green." if proof.green else f"Not green: {', '.join(failed)} failed."

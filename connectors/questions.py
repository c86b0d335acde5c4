"""What is not known of a system for certain, as data: what its README leaves open, and how a proof on a test tenant settles it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from connectors.contract import Field

State = Literal["ok", "failed", "not applicable", "not reached"]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call as the proof saw it go by: no query, no headers, no body. ``status`` is None where no answer came;
    ``code`` is the system's own word for an error, where it gave one."""

    step: str
    method: str
    path: str
    status: int | None
    code: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a proof saw. ``steps`` by their name; ``options`` without secrets, a secret's value is ``True``;
    ``visible_after``: seconds after which a sync noticed an edit, ``found_after``: after which the new record was found by its
    key, both at the most and None where it was not timed;
    ``removed``: what the system says of the removed record (``Gone``, ``Unseen`` or ``Record``)."""

    steps: Mapping[str, State] = field(default_factory=dict)
    exchanges: tuple[Exchange, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    fields: tuple[Field, ...] = ()
    key: str | None = None
    visible_after: float | None = None
    found_after: float | None = None
    removed: str = ""

    def ok(self, *steps: str) -> bool:
        return all(self.steps.get(step) == "ok" for step in steps)

    def refusals(self) -> str:
        """Statuses and codes of what the system refused, each once; blank where it refused nothing."""
        return said(x for x in self.exchanges if x.status is not None and x.status >= 400)

    def statuses(self, step: str, method: str, path: str = "") -> str:
        """What such calls of a step were answered with."""
        return said(x for x in self.exchanges if (x.step, x.method) == (step, method) and path in x.path and x.status)


def said(exchanges: Iterable[Exchange]) -> str:
    return ", ".join(sorted({f"{x.status} {x.code}".strip() for x in exchanges}))


@dataclass(frozen=True, slots=True)
class Question:
    """One open point. ``text`` as the connector's README lists it; ``settle`` gives the answer in a sentence, or None where
    this proof did not show it, and then ``otherwise`` says why and what would."""

    id: str
    text: str
    otherwise: str
    settle: Callable[[Evidence], str | None] = lambda evidence: None

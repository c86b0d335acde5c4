"""One proof from its first step to its report; whatever happens in between, the record is removed or named."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from connectors import registry
from connectors.clock import Time
from connectors.contract import ConnectorError, Record, Secret, Unseen
from connectors.questions import Evidence, Question, State
from hub.config import Config
from hub.proving import steps
from hub.proving.stage import Stage

log = logging.getLogger("hub.proving")
Say = Callable[["Step"], None]


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    state: State
    detail: str


@dataclass(slots=True)
class Proof:
    """``remains``: what a person must remove, a sentence each; ``answers``: each open question with its finding, or with
    None and why it is still open."""

    connection: str
    system: str
    mapping: str
    title: str
    steps: list[Step] = field(default_factory=list)
    answers: list[tuple[Question, str | None]] = field(default_factory=list)
    remains: list[str] = field(default_factory=list)
    stopped: bool = False
    record: str = ""

    @property
    def green(self) -> bool:
        """Nothing failed, nothing was left out, and what remains is known."""
        return not self.stopped and all(step.state in ("ok", "not applicable") for step in self.steps)


def prove(config: Config, name: str, time: Time, say: Say = lambda step: None) -> Proof:
    """Go through every step with one marked record of this connection's system. Raises ``ConnectorError`` where its
    settings cannot work; whatever comes later is in the proof, an interruption (Ctrl-C) too."""
    chosen = config.connections[name]
    stage = Stage(config, name, time)
    proof = Proof(name, chosen.system, chosen.mapping, stage.title)
    try:
        _go(stage, proof, say)
    finally:
        stage.close()
    return proof


def _go(stage: Stage, proof: Proof, say: Say) -> None:
    try:
        for name, step in steps.STEPS:
            _note(proof, say, _run(stage, name, step))
            if proof.steps[-1].state == "failed":
                break
    except KeyboardInterrupt:
        proof.stopped = True
        _note(proof, say, Step(stage.watch.step, "failed", "Stopped by hand in the middle of this step."))
    try:
        _clean_up(stage, proof)
    except KeyboardInterrupt:
        proof.stopped = True
        proof.remains = [_left(stage, id) for id in stage.ours.ids] or [_perhaps(stage)]
    done = {step.name for step in proof.steps}
    proof.steps += [Step(name, "not reached", "") for name, _ in steps.STEPS if name not in done]
    proof.record = stage.id
    _settle(stage, proof)


def _note(proof: Proof, say: Say, step: Step) -> None:
    proof.steps.append(step)
    say(step)


def _run(stage: Stage, name: str, step: Callable[[Stage], str]) -> Step:
    stage.watch.step = name
    try:
        return Step(name, "ok", step(stage))
    except steps.NotApplicable as reason:
        return Step(name, "not applicable", str(reason))
    except (steps.Failed, ConnectorError) as error:
        return Step(name, "failed", str(error) or type(error).__name__)
    except Exception as error:
        log.exception("the proof's step %s stopped", name)
        return Step(name, "failed", f"Something in the hub went wrong ({type(error).__name__}: {error}).")


def _clean_up(stage: Stage, proof: Proof) -> None:
    """Remove what is there, or say exactly what is."""
    stage.watch.step, stage.watch.losing = "clean-up", False
    if stage.ours.key is None:
        return
    try:
        stage.connector.find(stage.ours.key)
        told = stage.connector.get(list(stage.ours.ids)) if stage.ours.ids else {}
        for id in [id for id, one in told.items() if isinstance(one, Record)]:
            stage.connector.delete([id])
        after = stage.connector.get(list(told)) if told else {}
        removed = any(step.name == "removal" and step.state == "ok" for step in proof.steps)
        hidden = [id for id, one in told.items() if isinstance(one, Unseen) and not removed]
        proof.remains = [_left(stage, id) for id, one in after.items() if isinstance(one, Record) or id in hidden]
        if not stage.ours.ids and (stage.watch.lost or stage.unsettled()):
            # Its answer was lost: what is not found now may come to light yet.
            proof.remains = [_perhaps(stage)]
    except Exception as error:
        known = [_left(stage, id) for id in stage.ours.ids] or [_perhaps(stage)]
        proof.remains = [f"{sentence} Looking for it failed: {error}" for sentence in known]


def _left(stage: Stage, id: str) -> str:
    where = f" ({url})" if (url := stage.ours.ids.get(id)) else ""
    return f'Delete record {id}{where} of {stage.mapping.object} by hand. Its title begins with "{stage.title}".'


def _perhaps(stage: Stage) -> str:
    return (
        f"A record may have come to be in {stage.mapping.object} that was not found yet. Look for a title that begins with "
        f'"{stage.title}", or for {stage.mapping.key} {stage.ours.key}, and delete it.'
    )


def _settle(stage: Stage, proof: Proof) -> None:
    try:
        fields = tuple(stage.connector.describe())
    except ConnectorError:
        fields = ()
    options = stage.hub.config.connections[stage.name].options
    seen = Evidence(
        steps={step.name: step.state for step in proof.steps},
        exchanges=tuple(stage.watch.seen),
        options={name: True if isinstance(value, Secret) else value for name, value in options.items()},
        fields=fields,
        key=stage.mapping.key,
        visible_after=stage.visible_after,
        found_after=stage.found_after,
        removed=stage.removed,
    )
    proof.answers = [(asked, asked.settle(seen)) for asked in registry.load(proof.system).questions]

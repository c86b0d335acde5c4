"""What ``hub check`` tells an administrator whose Submittable, options or mapping are not as they should be."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.clock import ManualTime
from connectors.contract import Check
from connectors.submittable.sandbox import SubmittableSandbox, serve
from connectors.submittable.sandbox_state import Form, FormField
from hub.app import open_hub
from hub.checks import checks
from hub.config_files import load
from tests.submittable import KEY, OWN, TAKEN_UP, options, seed


@dataclass
class SetUp:
    """A foundation's set-up, all right until a test spoils it; ``later`` is how far this machine's clock is ahead."""

    folder: Path
    sandbox: SubmittableSandbox
    key: str = KEY
    options: dict[str, Any] = field(default_factory=dict)
    later: timedelta = timedelta()

    def check(self) -> list[Check]:
        (self.folder / "key").write_text(self.key)
        (self.folder / "key").chmod(0o600)
        lines = [
            "[hub]", 'database = "sqlite:///hub.db"', "[members.elm]", 'name = "Elm"', 'lawful_basis = "agreement"',
            "[connections.elm]", 'member = "elm"', 'system = "submittable"', 'mapping = "submittable"', "shares = true",
            'import = "all"', "allow_http = true", "[connections.elm.options]", 'key = "file:key"',
            *(f"{name} = {json.dumps(value)}" for name, value in self.options.items()),
        ]  # fmt: skip
        (self.folder / "config.toml").write_text("\n".join(lines))
        time = ManualTime(self.sandbox.time.now() + self.later)
        hub = open_hub(load(self.folder / "config.toml"), time=time)
        try:
            return checks(hub, "elm")
        finally:
            hub.engine.dispose()

    def form(self, name: str) -> Form:
        return self.sandbox.organisation.form(name)

    def field(self, label: str) -> FormField:
        return self.form("Commons").field(label)

    def without(self, form: str, label: str) -> None:
        self.form(form).fields.remove(self.form(form).field(label))


@pytest.fixture
def set_up(tmp_path: Path) -> Iterator[SetUp]:
    with serve(seed(), time=ManualTime()) as sandbox:
        sandbox.write(OWN, None, {"Title": "Wells", "Commons ID": "k-1"})
        yield SetUp(tmp_path, sandbox, options=options(sandbox, imports=True))


def test_a_set_up_as_the_readme_has_it_is_all_right_and_nothing_was_written(set_up: SetUp) -> None:
    found = set_up.check()
    assert found and all(step.ok for step in found), [step for step in found if not step.ok]
    names = {step.name for step in found}
    assert {"sign in", "clock", "read submissions", "commons form", "fields exist", "key", "import"} <= names
    assert {call.method for call in set_up.sandbox.seen} == {"GET"}


def wrong_key(it: SetUp) -> None:
    it.key = "wrong"


def key_in_the_other_place(it: SetUp) -> None:
    it.sandbox.organisation.key_as = "password"


def may_not(what: str) -> Callable[[SetUp], None]:
    return lambda it: it.sandbox.organisation.permissions.discard(what)


def no_such_form(it: SetUp) -> None:
    it.options["internal_form"] = "0c9c9a0e-0000-4000-8000-000000000001"


def an_applicants_form(it: SetUp) -> None:
    it.options["internal_form"] = it.form("Application").id


def a_field_renamed(it: SetUp) -> None:
    it.field("Intended impact").label = "Intended impacts"


def a_label_twice(it: SetUp) -> None:
    it.field("Board's opinion").label = "Summary"


def a_file_in_the_form(it: SetUp) -> None:
    it.field("Board's opinion").type = "file_upload"


def a_key_that_is_chosen(it: SetUp) -> None:
    it.field("Commons ID").type = "multiple_response"


def a_key_used_twice(it: SetUp) -> None:
    it.sandbox.write(OWN, None, {"Title": "Copy of Wells", "Commons ID": "k-1"})


def ahead(it: SetUp) -> None:
    it.later = timedelta(hours=2)


def no_submitter(it: SetUp) -> None:
    del it.options["submitter_first_name"]


def another_internal_form(it: SetUp) -> None:
    it.sandbox.organisation.project(TAKEN_UP).internal = None


def no_key_on_arrival(it: SetUp) -> None:
    it.without("Arrival", "Commons ID")


def more_required_on_arrival(it: SetUp) -> None:
    it.form("Arrival").fields.append(FormField("f", "Your age", "number", required=True))


@pytest.mark.parametrize(
    ("spoil", "fault", "remedy"),
    [
        (wrong_key, "API key is wrong", "make an API key"),
        (key_in_the_other_place, "API key is wrong", 'key_as = "password"'),
        (may_not("submissions"), "Listing submissions: Submittable answered 403", "that may do this"),
        (may_not("forms"), "answered 403", "let the key read forms"),
        (may_not("entries"), "Listing entries", "that may do this"),
        (may_not("projects"), "Reading project", "that may do this"),
        (no_such_form, "There is no such thing", "Commons ("),
        (an_applicants_form, "of type initial", "internal form"),
        (a_field_renamed, "no field 'Intended impact'", "Closest: 'Intended impacts'"),
        (a_label_twice, "2 fields called 'Summary'", "by its id"),
        (a_file_in_the_form, "Board's opinion", "text, numbers and choices only"),
        (a_key_that_is_chosen, "of type multiple_response", "Short answer"),
        (a_key_used_twice, "2 submissions carry the same key", "Clear the field in the copies"),
        (ahead, "7200 seconds ahead", "NTP"),
        (no_submitter, "there is no submitter", "submitter_first_name"),
        (another_internal_form, "another internal form, or none", "choose 'Commons'"),
        (no_key_on_arrival, "no text field 'Commons ID'", "short answer field"),
        (more_required_on_arrival, "Your age", "optional"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_each_fault_is_named_with_its_remedy(
    set_up: SetUp, spoil: Callable[[SetUp], None], fault: str, remedy: str
) -> None:
    spoil(set_up)
    failed = [step for step in set_up.check() if not step.ok]
    assert any(fault in step.detail and remedy in step.fix for step in failed), failed
    assert all(step.fix and KEY not in step.detail + step.fix for step in failed)


def test_a_missing_choice_is_named_with_what_to_do(set_up: SetUp) -> None:
    options = set_up.field("Commons status").options
    del options[next(id for id, label in options.items() if label == "Withdrawn")]
    said = [step.detail for step in set_up.check() if '"Withdrawn"' in step.detail]
    assert len(said) == 1 and 'which "Commons status" lacks' in said[0] and "Add it there" in said[0]


def test_a_connection_that_only_shares_is_told_so_and_is_all_right(set_up: SetUp) -> None:
    set_up.options = options(set_up.sandbox)
    found = set_up.check()
    assert all(step.ok for step in found) and any("only shares" in step.detail for step in found)

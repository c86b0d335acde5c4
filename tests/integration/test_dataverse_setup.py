"""``hub check`` on a Dataverse that was set up wrongly: it names what is wrong and what to do.

The faults that every system has are in ``test_set_up.py``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from hub.cli import check
from tests.dataverse import Two, two

Wrong = Callable[[Two], None]


def told(made: Two) -> tuple[int, str]:
    done = CliRunner().invoke(check.command, ["dataverse", "--config", str(made.config)])
    return done.exit_code, done.output


def tenant(made: Two) -> None:
    made.config.write_text(made.config.read_text().replace('tenant = "', 'tenant = "0'))


def failed_key(made: Two) -> None:
    made.dataverse.env.keys["msnfp_request"][0].status = "Failed"


def without(table: str, column: str) -> Wrong:
    return lambda made: made.dataverse.env.without_column(table, column)


def denied(privilege: str) -> Wrong:
    return lambda made: made.dataverse.api.denied.add(privilege.lower())


def shallow(made: Two) -> None:
    made.dataverse.api.shallow.add("prvreadmsnfp_request")


def stranger(made: Two) -> None:
    made.dataverse.api.member = False


def untracked(made: Two) -> None:
    types = made.dataverse.env.types
    types["msnfp_request"] = replace(types["msnfp_request"], tracked=False)


def short_key(made: Two) -> None:
    column = made.dataverse.env.types["msnfp_request"].columns["commons_id"]
    made.dataverse.env.with_column("msnfp_request", replace(column, length=20))


WRONG: dict[str, tuple[Wrong, str, str]] = {
    "another tenant": (tenant, "AADSTS90002", "Check tenant"),
    "no application user": (stranger, "not a member", "application user of this environment"),
    "no table of that name": (
        lambda made: made.dataverse.env.types.pop("msnfp_request") and None,
        "Could not find an entity with name msnfp_request",
        "logical name",
    ),
    "changes not tracked": (untracked, "does not track changes", "Track changes"),
    "a missing column of the award": (
        without("msnfp_award", "msnfp_awardamount"),
        "msnfp_award.msnfp_awardamount",
        "Add each to the table",
    ),
    "a key whose index failed": (failed_key, "is Failed", "clear the doubles"),
    "a key that is too short": (short_key, "length 20", "length 100"),
    "no right to read awards": (denied("prvReadmsnfp_award"), "lacks Read on msnfp_award", "Security roles"),
    "no right to point at accounts": (denied("prvAppendToaccount"), "lacks AppendTo on account", "Security roles"),
    "a right to read own rows only": (shallow, "prvReadmsnfp_request", "organisation level"),
}


def test_a_right_set_up_passes_every_step(tmp_path: Path) -> None:
    with two(tmp_path, []) as made:
        code, words = told(made)
        assert (code, "FAIL" in words) == (0, False), words
        steps = [line.split(":")[0].split(None, 1)[1] for line in words.splitlines() if line.startswith("  ok ")]
        assert steps[:8] == [
            "sign-in", "clock", "application user", "table", "columns", "key", "read", "rights",
        ]  # fmt: skip
        assert all(call.method == "GET" for call in made.dataverse.seen if "/token" not in call.path)


@pytest.mark.parametrize("fault", WRONG)
def test_a_wrong_set_up_is_named_with_its_remedy(tmp_path: Path, fault: str) -> None:
    wrong, named, remedy = WRONG[fault]
    with two(tmp_path, []) as made:
        wrong(made)
        code, words = told(made)
        assert code == 1, words
        assert named in words and remedy in words, words

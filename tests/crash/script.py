"""What happens in the town, phase by phase: what people do in their systems, then what the hub is asked to do.

Every step can be given to a fresh process again and again: one that was killed in the middle is asked once more,
as a scheduler would, or a person whose page never came.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import select

from hub.app import Hub
from hub.store import waiting
from hub.store.tables import Conflict, Deletion, ReferenceQuestion
from hub.sync import deletions, holds, references
from hub.sync.resolve import resolve
from hub.sync.run import sync_all
from tests.crash.standing import names
from tests.crash.town import AIRTABLE, CLINIC, PRIVATE, RADIO, SALESFORCE, SCHOOL, WELLS, Tables, Town
from tests.crash.worker import Step

LATER = timedelta(minutes=3)
"""Between two tries of one process."""

TRIES = 10
"""More than anything here needs: a lost answer costs one."""

CHOSEN = "Wells that both agreed on"
OFFICER = "ruth"


def table(model: Any) -> Any:
    return model.__table__


# --- what the hub is asked to do ---------------------------------------------


def sync(hub: Hub) -> dict[str, str]:
    """Connection to how its run ended, with the reason."""
    return {r.connection: f"{r.state} {r.message}".strip() for r in sync_all(hub)}


def approve(hub: Hub) -> dict[str, str]:
    """Saffron Tide's people let its first sync go."""
    with hub.reading() as conn:
        hold = waiting.waiting_hold(conn, AIRTABLE)
    if hold is not None:
        holds.approve(hub, hold.id, hold.plan_hash, OFFICER)
    return {}


def choose_organisation(hub: Hub) -> dict[str, str]:
    """Alder's people have the nonprofit that they do not know yet added to their accounts."""
    t = table(ReferenceQuestion)
    with hub.reading() as conn:
        open_ = [row.id for row in conn.execute(select(t).where(t.c.state == "open"))]
    for question in open_:
        references.decide(hub, question, "create", OFFICER)
    return {}


def settle_conflict(hub: Hub) -> dict[str, str]:
    t = table(Conflict)
    with hub.reading() as conn:
        row = conn.execute(select(t).where(t.c.state == "open")).first()
    if row is not None:
        resolve(hub, row.id, row.rev, CHOSEN, OFFICER)
    return {}


def decide_deletions(hub: Hub) -> dict[str, str]:
    """The school's project goes, the radio's stays shared."""
    t = table(Deletion)
    with hub.reading() as conn:
        open_ = list(conn.execute(select(t).where(t.c.state == "open").order_by(t.c.id)))
        called = names(conn)
    for row in open_:
        (deletions.withdraw if called[row.opportunity_id] == SCHOOL else deletions.keep)(hub, row.id, OFFICER)
    return {}


def at_rest(answer: dict[str, str]) -> bool:
    """A step is over when every run of it ended well, or waits for a person."""
    return all(state.split()[0] in ("done", "held") for state in answer.values())


def until_at_rest(step: Step, hub: Hub) -> str:
    """Ask again, as a scheduler does. What is still wrong at the end, or nothing."""
    answer: dict[str, str] = {}
    for _ in range(TRIES):
        hub.time.sleep(LATER.total_seconds())
        answer = step(hub)
        if at_rest(answer):
            return ""
    return f"{step.__name__} never came to rest: {answer}"


def patiently(*steps: Step) -> tuple[Step, ...]:
    return tuple(partial(until_at_rest, step) for step in steps)


def twice_more(hub: Hub) -> str:
    """Two more syncs of a hub that is at rest; what went wrong."""
    answers = []
    for _ in range(2):
        hub.time.sleep(LATER.total_seconds())
        answers.append(sync(hub))
    return "" if all(map(at_rest, answers)) else f"a quiet sync ended with {answers}"


# --- the phases --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Phase:
    """``people`` act before the first attempt; ``steps`` follow one after the other, each until it is at rest.
    ``expected``: what a town without accidents must look like afterwards, so that the sweep compares with
    something right."""

    name: str
    people: Callable[[Town], None]
    steps: tuple[Step, ...]
    expected: Callable[[Tables], bool]


def _share(town: Town) -> None:
    for nonprofit in (WELLS, SCHOOL, RADIO):
        town.in_salesforce(nonprofit, {"Commons_Share__c": True})
    town.in_airtable(CLINIC, {"Share": True})


def _edit(town: Town) -> None:
    town.in_salesforce(WELLS, {"Name": "Deeper wells", "Commons_Summary__c": "Fifty hand pumps."})
    town.in_airtable(SCHOOL, {"Amount requested": 70000})
    town.in_airtable(CLINIC, {"Title": "Two clinics that travel", "Summary": "For families and schools."})


def _both_edit(town: Town) -> None:
    town.in_salesforce(WELLS, {"Name": "Wells of Alder", "Commons_Ask__c": 200000})
    town.in_airtable(WELLS, {"Title": "Wells of Saffron Tide"})
    town.in_salesforce(RADIO, {"Name": "Radio for four districts"})


def _delete_copies(town: Town) -> None:
    town.remove_in_salesforce(CLINIC)
    town.remove_in_airtable(RADIO)
    town.in_airtable(CLINIC, {"Summary": "For everyone."})


def _delete_originals(town: Town) -> None:
    town.remove_in_salesforce(SCHOOL)
    town.remove_in_salesforce(RADIO)
    town.in_salesforce(WELLS, {"Commons_Summary__c": "Sixty hand pumps."})


def _nobody(town: Town) -> None:
    return


def _shown(system: str, nonprofit: str, column: str) -> Callable[[Tables], str]:
    def look(tables: Tables) -> str:
        rows = tables[system].get(nonprofit, [])
        return rows[0].get(column, "") if len(rows) == 1 else f"{len(rows)} records"

    return look


SF, AT = SALESFORCE, AIRTABLE

PHASES = (
    Phase(
        "share", _share, (sync,),
        lambda t: set(t[AT]) == {CLINIC, PRIVATE} and _shown(SF, WELLS, "Commons_Status__c")(t) == "Open",
    ),
    Phase(
        "approve", _nobody, (approve, sync),
        lambda t: (
            _shown(AT, WELLS, "Title")(t) == "Wells for the upper valley"
            and len(t[AT]) == 5
            and _shown(SF, CLINIC, "Name")(t) == "A clinic that travels"
        ),
    ),
    Phase(
        "organisation", _nobody, (choose_organisation, sync),
        lambda t: _shown(SF, CLINIC, "outfunds__Applying_Organization__c")(t) == CLINIC,
    ),
    Phase(
        "edit", _edit, (sync,),
        lambda t: (
            _shown(AT, WELLS, "Summary")(t) == "Fifty hand pumps."
            and _shown(SF, SCHOOL, "Commons_Ask__c")(t) == "70000.00"
            and _shown(SF, CLINIC, "Name")(t) == "Two clinics that travel"
        ),
    ),
    Phase(
        "conflict", _both_edit, (sync,),
        lambda t: (
            _shown(AT, WELLS, "Title")(t) == "Wells of Saffron Tide"
            and _shown(SF, WELLS, "Name")(t) == "Wells of Alder"
            and _shown(AT, WELLS, "Amount requested")(t) == "200000"
        ),
    ),
    Phase(
        "resolve", _nobody, (settle_conflict, sync),
        lambda t: _shown(AT, WELLS, "Title")(t) == CHOSEN == _shown(SF, WELLS, "Name")(t),
    ),
    Phase(
        "copies deleted", _delete_copies, (sync, sync),
        lambda t: (
            _shown(SF, CLINIC, "Name")(t) == _shown(AT, RADIO, "Title")(t) == "0 records"
            and _shown(AT, CLINIC, "Summary")(t) == "For everyone."
        ),
    ),
    Phase(
        "originals deleted", _delete_originals, (sync,),
        lambda t: (
            _shown(AT, SCHOOL, "Commons status")(t) == "Published"
            and _shown(AT, WELLS, "Summary")(t) == "Sixty hand pumps."
        ),
    ),
    Phase(
        "decide", _nobody, (decide_deletions, sync),
        lambda t: _shown(AT, SCHOOL, "Commons status")(t) == "Withdrawn" and len(t[SF]) == 2,
    ),
)  # fmt: skip


# --- edits that come at their own time ---------------------------------------

COUNTRIES = {WELLS: ("Kenya", "KE"), SCHOOL: ("Ghana", "GH"), RADIO: ("Uganda", "UG"), CLINIC: ("Lebanon", "LB")}


@dataclass(frozen=True, slots=True)
class Habit:
    """A field that people of one system keep changing: its path, its column in both systems, what they write about
    a nonprofit in some month, and what that is in the commons. The script itself never touches it."""

    path: str
    columns: dict[str, str]
    text: Callable[[str, int], str]
    fact: Callable[[str, int], Any]


def _day(year: int, nonprofit: str, month: int) -> str:
    return f"{year}-{month:02}-{list(COUNTRIES).index(nonprofit) + 1:02}"


HABITS = {
    SF: (
        Habit(
            "period.start",
            {SF: "Commons_Start__c", AT: "Start"},
            lambda n, month: _day(2027, n, month),
            lambda n, month: {"date": _day(2027, n, month)},
        ),
    ),
    AT: (
        # Nothing was sent for the end when a record was created, and a place was: both may be edited before anybody
        # knows what became of the creation.
        Habit(
            "period.end",
            {SF: "Commons_End__c", AT: "End"},
            lambda n, month: _day(2028, n, month),
            lambda n, month: {"date": _day(2028, n, month)},
        ),
        Habit(
            "geographies",
            {SF: "Commons_Places__c", AT: "Geography"},
            lambda n, month: f"District {month}, {COUNTRIES[n][0]}",
            lambda n, month: [{"country": COUNTRIES[n][1], "place": f"District {month}"}],
        ),
    ),
}

Edits = dict[tuple[str, str], int]
"""System and nonprofit to the month that people wrote about in that record."""


def edit_all(town: Town, month: int, systems: tuple[str, ...] = (SF, AT)) -> Edits:
    """People go through every record of these systems that the commons knows or is about to know."""
    made: Edits = {}
    for system, rows in town.tables().items():
        for nonprofit in (n for n in COUNTRIES if n in rows and system in systems):
            edit = town.in_salesforce if system == SF else town.in_airtable
            edit(nonprofit, {habit.columns[system]: habit.text(nonprofit, month) for habit in HABITS[system]})
            made[system, nonprofit] = month
    return made

"""What waits for a person in the demo: the first sync of a sheet, and two foundations that disagree."""

from __future__ import annotations

from hub.app import Hub
from hub.demo.samples import ALDER
from hub.demo.seeds import REQUEST
from hub.demo.stage import Stage
from hub.store import happened, people
from hub.sync import holds

SHEET = "corrie-sheet"
LOOKS = "isla@corrie.example"
TABLE = "Opportunities"
DISPUTED = next(sample for sample in ALDER if sample.title == "River schools")


def disagree(stage: Stage) -> None:
    """Alder and Saffron Tide each change what one project asks for, before either heard of the other."""
    request = next(row for row in stage.salesforce.rows(REQUEST) if row["Name"] == DISPUTED.title)
    copy = next(row for row in stage.saffron.rows(TABLE) if row["fields"].get("Title") == DISPUTED.title)
    stage.salesforce.write(REQUEST, str(request["Id"]), {"Commons_Ask__c": DISPUTED.amount + 11_500})
    stage.saffron.write(TABLE, str(copy["id"]), {"Amount requested": DISPUTED.amount - 8_500})


def approve(hub: Hub) -> bool:
    """Let the first sync of the sheet go, as somebody of its foundation would; whether it was waiting for that."""
    with hub.reading() as conn:
        hold, isla = happened.hold_of(conn, SHEET), people.by_email(conn, LOOKS)
    if hold is None or hold.kind != "first_sync" or isla is None:
        return False
    holds.approve(hub, hold.id, hold.plan_hash, isla.id)
    return True

"""The one screen that the demo prints, and the people who can sign in."""

from __future__ import annotations

from hub.app import Hub
from hub.commons import searches
from hub.commons.criteria import Criteria
from hub.demo.stage import PASSWORD, PEOPLE, Stage
from hub.people.accounts import add_user
from hub.store import people

INBOX = "corrie-inbox"


def invite(hub: Hub) -> None:
    """People who may sign in, and what one of them looks for: it waits in Corrie Lane's inbox."""
    for member, name, email, roles in PEOPLE:
        add_user(hub, member, email, name, roles, PASSWORD)
    with hub.reading() as conn:
        officer = people.by_email(conn, "isla@corrie.example")
    assert officer is not None
    searches.save(hub, "corrie", "Health", Criteria(themes=("health",)), INBOX, officer.id)


def screen(url: str, stage: Stage) -> str:
    """Addresses, logins, things to try."""
    logins = "\n".join(f"    {email:<28} {name}, {hub_member(member)}" for member, name, email, _ in PEOPLE)
    return f"""
Commons Hub, demo. Three foundations that do not exist, each in a system of its own.

  The hub                  {url}
    password for all: {PASSWORD}
{logins}

  Alder's Salesforce       {stage.salesforce.url}/_sandbox/
  Saffron Tide's Airtable  {stage.saffron.url}/_sandbox/
  Corrie Lane's Airtable   {stage.corrie.url}/_sandbox/
  Corrie Lane's sheet      {stage.sheet}

  Six things to try
  1. Open Alder's Salesforce, find "Board renewal…", tick Commons_Share__c. Seconds later it is in
     Saffron Tide's Airtable.
  2. Sign in as Samir and pause saffron-airtable. Change the title of "Wells for the upper valley" in
     Salesforce, and to something else in Saffron Tide's Airtable. Resume. Sign in as Ruth: the hub asks
     which one is meant, and writes the answer to both.
  3. In Saffron Tide's Airtable give an imported record a Stage and an Amount awarded: nobody sees it.
     Tick "Show our commitment", and the gap shrinks in everybody's system.
  4. In Corrie Lane's Airtable open the table "Commons inbox": what others share about health waits there.
     Tick "Take up" at one, and it becomes a record among Corrie Lane's own.
  5. Sign in as Ruth. Alder and Saffron Tide both changed what "River schools" asks for: "Needs a person"
     shows both amounts beside the one that they last agreed on. Choose, and see what would be written.
  6. Sign in as Isla. The first sync of Corrie Lane's sheet waits for a look: see exactly what it would
     do, and approve it. Seconds later its projects are in the others' systems.

Ctrl-C stops everything and keeps nothing.
"""


def hub_member(member: str) -> str:
    return {"alder": "Alder Foundation", "saffron": "Saffron Tide Fund", "corrie": "Corrie Lane Trust"}[member]

"""Is it still needed? Decided from dates alone: who is asked, whose silence counts, and when an opportunity goes.

Asking and delisting are apart on purpose. Silence counts only from the moment at which the steward was demonstrably told
(a mail that its server took, a record that the hub wrote to), and only once the steward's systems have been read
after the time to answer was over: an answer that nobody has read yet is an answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import Enum

from flask_babel import format_date, ngettext
from flask_babel import gettext as _

QUIET = timedelta(days=180)
"""Neither changed nor confirmed for so long: it is asked about."""
ANSWER = timedelta(days=30)
"""Time to answer, from being told."""
LOOK = timedelta(hours=1)
"""How often an open question is looked at."""
MORNING = time(6)
"""UTC. What comes due in a day is asked about together, in one mail."""
OUTAGE = timedelta(days=3)
"""A hub that did not look for so long could not hear answers either: whoever was asked is asked anew."""

QUESTION = "still_needed.question"
YES = "still_needed.yes"
CONFIRMED = "still needed: confirmed"
DELISTED = "withdrawn: nobody said that it is still needed"
SHARED_AGAIN = "still needed: shared again"


class Act(Enum):
    REST = "rest"
    ASK = "ask"
    ANSWERED = "answered"
    DELIST = "delist"
    SHARE_AGAIN = "share again"
    FORGET = "forget"


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one opportunity.

    ``word_at``: when its steward last changed or confirmed anything of it. ``told_at``: since when the steward was told that it
    is asked, None where nobody could be. ``read_at``: until when all systems in which the steward could answer were read,
    None where there is none. ``unheard``: something of the steward's was read and could not be taken in yet (a conflict,
    a quarantined record). ``ticked_at``: when the steward ticked that it is needed, None where it did not. ``shared``: no
    record of the steward's says that it is not shared. ``ready``: it has all that publishing needs.
    """

    status: str
    word_at: datetime
    asked_at: datetime | None = None
    told_at: datetime | None = None
    read_at: datetime | None = None
    unheard: bool = False
    delisted_at: datetime | None = None
    ticked_at: datetime | None = None
    shared: bool = True
    ready: bool = True


def decide(known: Standing, now: datetime) -> Act:
    """
    ============================ ======================================================== ===========
    it is                        and                                                      act
    ============================ ======================================================== ===========
    published, not asked about   the last word is QUIET old                               ASK
    published, asked about       a word came since                                        ANSWERED
    published, asked about       told, ANSWER is over, all systems read since, all heard  DELIST
    delisted                     ticked since, shared there, complete                     SHARE_AGAIN
    delisted                     it is not withdrawn any more                             FORGET
    asked about, not published   its steward withdrew or closed it                        FORGET
    anything else                                                                         REST
    ============================ ======================================================== ===========
    """
    if known.delisted_at is not None:
        if known.status != "withdrawn":
            return Act.FORGET
        ticked = known.ticked_at is not None and known.ticked_at > known.delisted_at
        return Act.SHARE_AGAIN if ticked and known.shared and known.ready else Act.REST
    if known.status != "published":
        return Act.FORGET if known.asked_at is not None else Act.REST
    if known.asked_at is None:
        return Act.ASK if known.word_at + QUIET <= now else Act.REST
    if known.word_at > known.asked_at:
        return Act.ANSWERED
    if known.told_at is None or known.unheard:
        return Act.REST
    over = max(known.asked_at, known.told_at) + ANSWER
    return Act.DELIST if over <= now and (known.read_at is None or known.read_at >= over) else Act.REST


def next_look(known: Standing, act: Act, now: datetime) -> datetime:
    """When it is to be looked at again, after ``act``."""
    if act in (Act.ASK, Act.DELIST) or (act is Act.REST and known.asked_at is not None):
        return now + LOOK
    return max(morning(known.word_at + QUIET), now + LOOK)


def morning(moment: datetime) -> datetime:
    """The first morning that is not before this moment."""
    here = datetime.combine(moment.date(), MORNING, moment.tzinfo)
    return here if here >= moment else here + timedelta(days=1)


def question(asked_at: datetime, delisted: bool) -> str:
    """What the steward's own record says."""
    until = (asked_at + ANSWER).date().isoformat()
    if delisted:
        return (
            f"Withdrawn: by {until} nobody said that it is still needed. Tick “Still needed”, and it is shared again."
        )
    return f"Still needed? Tick “Still needed” or change anything by {until}; without a word it is withdrawn."


MOST = 30
"""Titles that a mail lists."""


def asking(titles: Sequence[str], until: datetime, where: str) -> tuple[str, str]:
    """Subject and text of the mail that asks. ``titles`` are one line each."""
    subject = _("Still needed? Your shared opportunities in the commons")
    if len(titles) == 1:
        subject = _("Still needed? %(title)s", title=titles[0])
    return subject, _(
        "Nothing was changed or said about these for half a year:\n\n"
        "%(listed)s\n"
        "Are they still needed? Say so on this page, or change anything of them in your own system:\n\n"
        "%(where)s\n\n"
        "What nobody says a word about by %(until)s is withdrawn from the commons. Nobody's grants are touched,\n"
        "and you can share it again at any time.\n",
        listed=_listed(titles), where=where, until=format_date(until, "dd MMMM y"),
    )  # fmt: skip


def gone(titles: Sequence[str], where: str) -> tuple[str, str]:
    """Subject and text of the mail that says what was delisted."""
    return _("Withdrawn from the commons: nobody said that it is still needed"), _(
        "You were asked a month ago whether these are still needed, and nobody said so. They are withdrawn from the\n"
        "commons now; nobody's grants are touched:\n\n"
        "%(listed)s\n"
        "One click shares one again:\n\n%(where)s\n",
        listed=_listed(titles), where=where,
    )  # fmt: skip


def _listed(titles: Sequence[str]) -> str:
    left = len(titles) - MOST
    more = ngettext("and %(num)s more", "and %(num)s more", left) if left > 0 else ""
    return "".join(f"* {title}\n" for title in (*titles[:MOST], *filter(None, [more])))

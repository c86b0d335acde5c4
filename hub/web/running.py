"""How the hub runs: its clock, its processes, its database, where numbers are read, and what it keeps for how long."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta

from flask import Blueprint, render_template
from flask_babel import gettext as _
from flask_babel import ngettext

from hub import pulse
from hub.door.bring import KEPT, REPORTED
from hub.operating import Metrics
from hub.operations import retention
from hub.retention import Retention
from hub.store import chores, identity, migrate, processes
from hub.store.keeping import DAY
from hub.web.guard import hub

pages = Blueprint("running", __name__)


@pages.get("/running")
def page() -> str:
    with hub().reading() as conn:
        revision, now = identity.version(conn), hub().time.now()
        alive = sorted(processes.living(conn, now), key=lambda one: (one.kind, one.started_at, one.id))
        tidied, backed_up = chores.last(conn, retention.CHORE), chores.last(conn, chores.BACKUP)
    return render_template(
        "running.html", ticked=pulse.ticked_at(hub()), standing=pulse.stands(hub()), processes=alive, kinds=_kinds(),
        digest=hub().config.digest, database=hub().engine.dialect.name, revision=revision, newest=migrate.newest(),
        refused=bool(hub().refused), metrics=_address(hub().config.operating.metrics), kept=_kept(hub().config.retention),
        tidied=tidied, backed_up=backed_up,
    )  # fmt: skip


def _kinds() -> dict[str, str]:
    return {"serve": _("pages and syncs"), "web": _("pages"), "worker": _("syncs")}


def _address(metrics: Metrics) -> str:
    """Where Prometheus reads; empty where nothing listens."""
    host = f"[{metrics.host}]" if ":" in metrics.host else metrics.host
    return f"http://{host}:{metrics.port}/metrics" if metrics.port is not None else ""


def _kept(retention: Retention) -> list[tuple[str, str]]:
    """What goes by its age, and after how long: what can be set, in the order of the settings, then what is fixed."""
    words = {
        "quarantine": _("The contents of records that cannot be translated, once they are not shown any more"),
        "runs": _("Syncs, what they wrote, and holds that were decided"),
        "requests": _("What syncs asked their systems, without what was asked for or sent"),
        "mails": _("Who was sent which mail"),
        "sign_ins": _("Attempts to sign in"),
        "hooks": _("The numbers of webhooks, so that none counts twice"),
        "invitations": _("Invitations that are over"),
    }
    found = [(words[one.name], _days(getattr(retention, one.name))) for one in fields(retention)]
    return [
        *found,
        (_("Sessions after their last use"), _days(DAY.days)),
        (_("Sheets that were brought"), ngettext("%(num)s hour", "%(num)s hours", KEPT // timedelta(hours=1))),
        (_("Reports of sheets that were brought"), _days(REPORTED.days)),
    ]


def _days(number: int) -> str:
    return str(ngettext("%(num)s day", "%(num)s days", number))

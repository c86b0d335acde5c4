"""One grouped message: for a mailbox, for a chat, for a program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from hub.alerts.trouble import Trouble
from hub.languages import Told, tell
from hub.store.tables import Alert

MOST = 30
"""Lines of one kind; a page has the rest."""


@dataclass(frozen=True, slots=True)
class Letter:
    """To one owner: what is ``new``, what is ``over`` since it was told, and how many others it was told of ``still`` stand.
    In the language that is spoken (``hub.languages.speaking``)."""

    owner: str
    site: str
    new: Sequence[Trouble] = ()
    over: Sequence[Alert] = field(default_factory=tuple)
    still: int = 0

    @property
    def subject(self) -> str:
        if not self.new:
            less = ngettext("%(num)s thing less to look after", "%(num)s things less to look after", len(self.over))
            return _("All is well again") if self.still == 0 else less
        only = f": {tell(self.new[0].text)}" if len(self.new) == 1 else ""
        many = ngettext("%(num)s thing to look after", "%(num)s things to look after", len(self.new))
        return f"{many}{_cut(only, 90)}"

    def body(self) -> str:
        parts = []
        if self.new:
            parts.append("\n\n".join(self._lines(one) for one in self.new[:MOST]))
            rest = len(self.new) - MOST
            parts += [ngettext("And %(num)s more.", "And %(num)s more.", rest)] if rest > 0 else []
        if self.over:
            ended = [
                _("- %(what)s (since %(at)s)", what=Told(_cut(tell(one.text), 200)), at=_at(one.since))
                for one in self.over[:MOST]
            ]
            parts.append("\n".join([_("Over:"), *ended]))
        if self.still:
            before = ngettext(
                "%(num)s thing that you were told of before still waits:",
                "%(num)s things that you were told of before still wait:", self.still,
            )  # fmt: skip
            parts.append(f"{before} {self.site}/queue")
        parts.append(f"-- \n{_('Once when it begins and once when it is over; nothing in between.')} {self.site}/")
        return "\n\n".join(parts) + "\n"

    def _lines(self, one: Trouble) -> str:
        since = _("Since %(at)s.", at=_at(one.since))
        return f"{tell(one.text)}\n{since}\n{tell(one.do)}\n{self.site}{one.page}"

    def data(self, at: datetime) -> dict[str, Any]:
        """For a program that somebody wrote: the form ``json``."""
        return {
            "type": "commons-hub.alert",
            "timestamp": at.isoformat(timespec="seconds"),
            "data": {
                "subject": self.subject,
                "new": [
                    {"key": one.key, "text": one.text, "since": one.since.isoformat(timespec="seconds"), "do": one.do,
                     "url": self.site + one.page}
                    for one in self.new
                ],
                "over": [{"key": one.key, "text": one.text, "since": one.since.isoformat(timespec="seconds")} for one in self.over],
                "still": self.still,
            },
        }  # fmt: skip

    def slack(self) -> dict[str, Any]:
        """An incoming webhook of Slack: a fallback ``text`` and blocks of at most 3,000 letters, 50 of them
        (docs.slack.dev, "Sending messages using incoming webhooks" and "Section block")."""
        said = [
            f"*{_slack(one.text)}*\nSince {_at(one.since)}. {_slack(one.do)}\n<{self.site}{one.page}|Look at it>"
            for one in self.new[:MOST]
        ]
        if self.over:
            said.append("*Over*\n" + "\n".join(f"• {_slack(_cut(one.text, 90))}" for one in self.over[:MOST]))
        if self.still:
            said.append(f"{_things(self.still)} still wait. <{self.site}/queue|The queue>")
        blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": _cut(text, 2900)}} for text in said]
        return {"text": _slack(self.subject), "blocks": blocks}

    def teams(self) -> dict[str, Any]:
        """What a Teams workflow "when a webhook request is received" takes: a message with one adaptive card
        (learn.microsoft.com, "Create incoming webhooks with Workflows")."""
        body: list[dict[str, Any]] = [_block(self.subject, weight="Bolder", size="Medium")]
        for one in self.new[:MOST]:
            body += [_block(one.text, weight="Bolder", separator=True), _block(f"Since {_at(one.since)}. {one.do}"),
                     _block(f"[Look at it]({self.site}{one.page})")]  # fmt: skip
        body += [_block(f"Over: {_cut(one.text, 90)}") for one in self.over[:MOST]]
        if self.still:
            body.append(_block(f"{_things(self.still)} still wait: [the queue]({self.site}/queue)"))
        card = {
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4", "body": body,
        }  # fmt: skip
        return {
            "type": "message",
            "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": card}],
        }

    def payload(self, form: str, at: datetime) -> dict[str, Any]:
        return self.slack() if form == "slack" else self.teams() if form == "teams" else self.data(at)


def _block(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "TextBlock", "text": text, "wrap": True, **more}


def _slack(text: str) -> str:
    """The three letters that Slack gives a meaning."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _things(number: int) -> str:
    return "1 thing" if number == 1 else f"{number} things"


def _at(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"

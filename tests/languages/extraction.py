"""Every text that is marked for translation, and the catalogues brought up to it: ``python -m tests.languages.extraction``."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from hub.languages import FOLDER
from hub.sync.reconcile import LOOP, SIDE_BY_SIDE
from hub.sync.succession import DIFFERED
from schemas.codes import CODES
from schemas.fields import FIELDS

ROOT = Path(__file__).parents[2]
METHODS = [("**.py", "python"), ("**.html", "jinja2"), ("**.txt", "jinja2")]
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "phrase": None, "to_tell": None}
ROOMS = ("hub", "connectors", "mappings", "schemas", "said")
HEADER = "# Messages of Commons Hub. docs/translations.md says how to work on them.\n"

DEEDS = (
    "audience changed",
    "changed",
    "closed",
    "conflict ended by merging",
    "contact shown",
    "could not be taken up",
    "created there",
    "deactivated",
    "deleted there",
    "deletion: followed_no_more",
    "deletion: kept",
    "deletion: restored",
    "deletion: withdrawn",
    "follow updates: ask",
    "follow updates: no",
    "follow updates: yes",
    "forgotten",
    "forgotten at the provider",
    "full re-scan",
    "handed over",
    "hold approved",
    "hold rejected",
    "invitation withdrawn",
    "invited",
    "joined",
    "known to the provider",
    "linked",
    "mail chosen",
    "merged",
    "merging agreed",
    "merging proposed",
    "not for us",
    "not the same",
    "organisation create",
    "organisation linked",
    "organisation skipped",
    "paused",
    "perhaps written there",
    "picked",
    "position stated",
    "published",
    "quarantine ignored",
    "quarantine retried",
    "reactivated",
    "recommended",
    "resolved",
    "restored",
    "restored from a backup",
    "resumed",
    "roles changed",
    "rule dropped",
    "rule made",
    "run cancelled",
    "run now",
    "search dropped",
    "search saved",
    "settings changed",
    "shared",
    "shared again",
    "signed in by break-glass",
    "signed out",
    "stewardship declined",
    "stewardship offered",
    "stewardship: offer taken back",
    "still needed: asked",
    "still needed: confirmed",
    "still needed: no, withdrawn",
    "still needed: shared again",
    "suggestion accepted",
    "suggestion declined",
    "suggestion differs",
    "suggestion overtaken",
    "suggestion sent",
    "suggestion taken",
    "taken out of the inbox",
    "taken up from the inbox",
    "token created",
    "token revoked",
    "tried again",
    "updates: leave",
    "updates: stop",
    "updates: take",
    "which record: create",
    "which record: linked",
    "withdrawn",
    "withdrawn: nobody said that it is still needed",
    "written there",
)
"""What a line of the audit can say was done. ``tests/conftest.py`` fails whatever test writes another."""

STORED = (
    *DEEDS,
    "schedule",
    "manual",
    "waiting",
    "approved",
    "rejected",
    "Changed on both sides since they last agreed.",
    "This system cannot hold the commons value, and its own value was changed.",
    "Edited where the system holds a shortened or changed copy of the value.",
    "a proof",
    "by hand",
    "admin",
    "convener",
    "officer",
    "operator",
    "staff",
)
"""Words that the store keeps in English, for audit and programs, and pages show: deeds, states, what started a run, why it conflicts."""


def named() -> Iterator[tuple[str, str]]:
    """Texts that templates ask for by what a table says: names of fields and of codes. With the place they stand at."""
    for path, field in FIELDS.items():
        yield field.label, f"field:{path}"
    for codes, names in CODES.items():
        for code, name in names.items():
            yield name, f"code:{codes}.{code}"
    for word in (*STORED, SIDE_BY_SIDE, LOOP, DIFFERED):
        yield word, "stored"


def extracted() -> Catalog:
    found = Catalog(project="Commons Hub", charset="utf-8", header_comment=HEADER.strip())
    for room in ROOMS:
        for file, _line, message, comments, _context in extract_from_dir(ROOT / room, METHODS, keywords=KEYWORDS):
            found.add(message, locations=[(f"{room}/{Path(file).as_posix()}", None)], auto_comments=comments)
    for message, place in named():
        found.add(message, auto_comments=[place])
    for message in found:
        message.locations = sorted(set(message.locations), key=str)
    return found


def text(catalogue: Catalog) -> str:
    """As a file: without line numbers and dates, so that it differs only where a text does."""
    written = io.BytesIO()
    write_po(written, catalogue, width=120, sort_output=True, omit_header=False, include_previous=False)
    dated = (
        "POT-Creation-Date",
        "PO-Revision-Date",
        "Generated-By",
        "Last-Translator",
        "Language-Team",
        "Report-Msgid",
    )
    return "".join(
        line
        for line in written.getvalue().decode().splitlines(keepends=True)
        if not line.startswith(tuple(f'"{d}' for d in dated))
    )


def update() -> None:
    template = extracted()
    (FOLDER / "messages.pot").write_text(text(template), encoding="utf-8")
    for file in sorted(FOLDER.glob("*/LC_MESSAGES/messages.po")):
        with file.open("rb") as old:
            catalogue = read_po(old, locale=file.parts[-3])
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        file.write_text(text(catalogue), encoding="utf-8")


if __name__ == "__main__":
    update()

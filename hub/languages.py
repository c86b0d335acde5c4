"""The languages that pages and mails speak: one for each catalogue there is, and English.

A catalogue is ``<folder>/<language>/LC_MESSAGES/messages.po``. It is read as it is: there is nothing to compile, so a clean clone
and an installed wheel speak the same, and no compiled file can lag behind its text.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from unicodedata import bidirectional

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, g, has_app_context
from flask_babel import Babel, Domain, force_locale, get_babel, get_locale

from hub.wording import seen
from schemas.said import PLAIN, Said, english_of

FOLDER = Path(__file__).parent / "web" / "translations"
ENGLISH = "en"
WORDS = re.compile(r"(?<!%\()\b[^\W\d_]{2}")
"""What a template says by itself. One that says nothing (``%(place)s: %(error)s``) may be the same in every language."""


FIRST, LAST = "\u2068", "\u2069"
"""Isolates (Unicode's UAX 9): between them a name has a direction of its own."""
FROM_THE_RIGHT = ("R", "AL")
"""Characters of Hebrew and of Arabic, in the same terms."""


class Told(str):
    """A sentence of the hub's own, which may stand in another as it is."""

    __slots__ = ()


class Catalogues(Domain):
    """What flask-babel asks for translations; of two folders the earlier wins."""

    def __init__(self, folders: Sequence[Path] = (FOLDER,)) -> None:
        super().__init__()
        files: dict[str, Path] = {}
        for folder in reversed(folders):
            files |= {found.parts[-3]: found for found in sorted(folder.glob("*/LC_MESSAGES/messages.po"))}
        self.files = files
        self.names = {code: _own_name(code) for code in (ENGLISH, *sorted(files))}
        """Of every language in itself, by its code."""

    def gettext(self, string: str, **values: Any) -> str:
        return Told(super().gettext(string, **_told(values)))

    def ngettext(self, singular: str, plural: str, num: int, **values: Any) -> str:
        return Told(super().ngettext(singular, plural, num, **_told(values)))

    def get_translations(self) -> NullTranslations:
        """A file that changed is read anew, with the next page: one page asks thousands of times."""
        if not has_app_context():
            return NullTranslations()
        found: dict[Locale | None, NullTranslations] = g.setdefault("hub_catalogues", {})
        locale = get_locale()
        if locale not in found:
            file = self.files.get(str(locale or ENGLISH))
            found[locale] = _read(file, file.stat().st_mtime_ns) if file else NullTranslations()
        return found[locale]


def install(app: Flask, catalogues: Catalogues, selector: object = None) -> None:
    """Let the application speak these, in the language that ``selector`` names for a request."""
    Babel(app, locale_selector=selector)
    with app.app_context():
        get_babel().instance.domain_instance = catalogues


def tag(code: str) -> str:
    """As HTML and HTTP write it (RFC 5646)."""
    return code.replace("_", "-")


@contextmanager
def speaking(language: str | None) -> Iterator[None]:
    """Inside, texts are in this language, whoever's request it is: a mail is in its reader's. English where there is no such
    catalogue or none is named."""
    writers = _writers()
    known = get_names(writers)
    with writers.app_context(), force_locale(language if language in known else ENGLISH):
        yield


def get_names(app: Flask) -> dict[str, str]:
    with app.app_context():
        names: dict[str, str] = get_babel().instance.domain_instance.names
        return names


@cache
def _writers() -> Flask:
    """Of mails, which are written outside of requests."""
    app = Flask("hub.letters", static_folder=None, template_folder=None)
    install(app, Catalogues())
    return app


def _own_name(code: str) -> str:
    locale = Locale.parse(code)
    name = locale.get_display_name(locale) or code
    return name[:1].upper() + name[1:]


def tell(sentence: str) -> str:
    """A stored sentence in the reader's language. What no catalogue knows is returned as it was, in English."""
    if not isinstance(sentence, Said):
        return sentence
    return Told(" ".join(piece for piece, _known in pieces_of(sentence)))


def pieces_of(sentence: Said) -> list[tuple[str, bool]]:
    """Its parts in the reader's language, each with whether a catalogue knows it; the others are English."""
    locale, translations = get_locale(), get_babel().instance.domain_instance.get_translations()
    english = locale is None or locale.language == ENGLISH
    return [_piece(template, values, translations, english) for template, values in sentence.parts]


def _piece(template: str, values: Mapping[str, Any], translations: NullTranslations, english: bool) -> tuple[str, bool]:
    found = translations.gettext(template)
    if found == template and not english and (template == PLAIN or WORDS.search(template)):
        return seen(english_of(template, values)), False
    inner = {name: tell(value) if isinstance(value, Said) else value for name, value in values.items()}
    return (found % _told(inner) if inner else found.replace("%%", "%")), True


def _told(values: Mapping[str, Any]) -> dict[str, Any]:
    """What a sentence names, so that it cannot change how the sentence reads: unseen characters are spelt out, and where one
    reads from the right, each name keeps a direction of its own."""
    if not values:
        return {}
    around = _alone if _reads_from_the_right() else seen
    return {name: around(value) if type(value) is str and value else value for name, value in values.items()}


def named(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same for a page, on which names of the other direction keep theirs in a sentence that reads from the left, too."""
    if _reads_from_the_right():
        return _told(values)
    return {
        name: (_alone if any(bidirectional(one) in FROM_THE_RIGHT for one in value) else seen)(value)
        if type(value) is str
        else value
        for name, value in values.items()
    }


def _reads_from_the_right() -> bool:
    locale = get_locale()
    return locale is not None and locale.text_direction == "rtl"


def _alone(name: str) -> str:
    """Between isolates: what stands around it is ordered as if it were one character."""
    return f"{FIRST}{seen(name)}{LAST}"


def bare(text: str) -> str:
    """A sentence without those, for what is no page: who looks for a name in a file finds it."""
    return text.replace(FIRST, "").replace(LAST, "")


@cache
def _read(file: Path, changed: int) -> Translations:
    with file.open("rb") as text:
        catalogue = read_po(text)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(fp=compiled)

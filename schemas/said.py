"""A sentence that knows its parts: English wherever it goes, and told again in the reader's language where a page shows it.

Every floor of the house says what happened and what to do. Logs, files, programs and the command line have it in English, which is
what it is as text; a database keeps its parts (``pack``), so that a page can look its template up in a catalogue.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Any

START = '{"said":'
"""What a packed sentence begins with."""
PLAIN = "%(text)s"
"""The template of what stands in a sentence as it came: a system's own words."""


class Said(str):
    """``parts``: templates as catalogues have them, each with what stands in it: text, numbers, or another such sentence.
    Together, with a space between, they are the sentence."""

    __slots__ = ("parts",)

    parts: tuple[tuple[str, Mapping[str, Any]], ...]

    def __str__(self) -> Said:
        """Itself: an error's text keeps its parts."""
        return self


def phrase(template: str, /, **values: Any) -> Said:
    """``template`` is whole and in English, with ``%(name)s`` for what differs. Extraction finds it by this function's name."""
    held = {name: value if isinstance(value, str | int) else str(value) for name, value in values.items()}
    return _of(((template, held),))


def together(sentences: Iterable[str]) -> Said:
    """One after the other; empty ones are left out. Plain text in between stays what it is."""
    parts: list[tuple[str, Mapping[str, Any]]] = []
    for sentence in sentences:
        if sentence:
            parts += sentence.parts if isinstance(sentence, Said) else [(PLAIN, {"text": sentence})]
    return _of(tuple(parts))


def listed(parts: Iterable[str]) -> str:
    """One thing beside the other, for the middle of a sentence."""
    return reduce(lambda all, one: phrase("%(all)s; %(one)s", all=all, one=one), parts)


def enumerated(parts: Iterable[str]) -> str:
    """The same with commas."""
    return reduce(lambda all, one: phrase("%(all)s, %(one)s", all=all, one=one), parts)


def stacked(parts: Iterable[str]) -> str:
    """The same with a line each."""
    return reduce(lambda all, one: phrase("%(all)s\n%(one)s", all=all, one=one), parts)


def pack(sentence: str) -> str:
    """As one column keeps it. What is no such sentence stays as it is, and comes back so."""
    if not isinstance(sentence, Said):
        return json.dumps({"said": sentence}) if sentence.startswith(START) else sentence
    parts = [[template, {n: _inner(v) for n, v in values.items()}] for template, values in sentence.parts]
    return json.dumps({"said": parts}, ensure_ascii=False, separators=(",", ":"))


def unpack(kept: str) -> str:
    """The sentence again, from ``pack``."""
    if not kept.startswith(START):
        return kept
    parts = json.loads(kept)["said"]
    if isinstance(parts, str):
        return parts
    return _of(
        tuple((t, {n: unpack(v) if isinstance(v, str) else v for n, v in values.items()}) for t, values in parts)
    )


def _inner(value: Any) -> Any:
    return pack(value) if isinstance(value, str) else value


def english_of(template: str, values: Mapping[str, Any]) -> str:
    return template % values if values else template.replace("%%", "%")


def _of(parts: tuple[tuple[str, Mapping[str, Any]], ...]) -> Said:
    sentence = Said(" ".join(english_of(template, values) for template, values in parts))
    sentence.parts = parts
    return sentence

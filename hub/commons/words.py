"""Words as people mean them, whatever their case, accents or spelling; and what a person types to look for them. Pure.

What is stored, what is looked for and what a saved search compares go through the same ``words``: so they cannot disagree.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

LONGEST = 64
"""Characters of a word that count."""
MOST = 24
"""Words of a query that count."""
_WORD = re.compile(r"[^\W_]+")
_ASCII = {code: chr(code).lower() if chr(code).isalnum() else " " for code in range(128)}
_PART = re.compile(r'"([^"]*)"|([^\s"]+)')
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»＂", '"'))
_TATWEEL = "\u0640"
_ONE_LETTER = str.maketrans({
    "\u0671": "\u0627",  # alef wasla; the other alefs come apart into alef and a mark
    "\u0649": "\u064a",  # alef maksura, which many write for a final yeh
    "\u06cc": "\u064a",  # the yeh of Persian keyboards
    "\u0629": "\u0647",  # teh marbuta
    "\u06a9": "\u0643",  # the kaf of Persian keyboards
})  # fmt: skip
_ARTICLE = "\u0627\u0644"
_STEM = 3


def fold(text: str) -> str:
    """Without case, accents, vowel signs, hamza seats, tatweel and unseen characters; digits of any script as 0 to 9."""
    if text.isascii():
        return text.lower()
    plain = "".join(_kept(text.casefold()))
    return plain.translate(_ONE_LETTER)


def _kept(text: str) -> Iterable[str]:
    for char in unicodedata.normalize("NFKD", text):
        category = unicodedata.category(char)
        if category == "Nd":
            yield str(unicodedata.digit(char))
        elif category not in ("Mn", "Cf") and char != _TATWEEL:
            yield char


def words(text: str) -> list[str]:
    """In their order. The Arabic article is no part of a word: “تعليم” and “التعليم” are one."""
    if text.isascii():  # most texts, at a fifth of what it takes to look for words
        found = text.translate(_ASCII).split()
        return [word[:LONGEST] for word in found] if max(map(len, found), default=0) > LONGEST else found
    return [_bare(word)[:LONGEST] for word in _WORD.findall(fold(text))]


def _bare(word: str) -> str:
    return word[2:] if word.startswith(_ARTICLE) and len(word) >= len(_ARTICLE) + _STEM else word


@dataclass(frozen=True, slots=True)
class Query:
    """``phrases``: words that stand one behind the other; a word alone is a phrase of one. ``beginning``: how some word
    begins. All must be there. One without any finds nothing."""

    phrases: tuple[tuple[str, ...], ...] = ()
    beginning: str = ""

    def __bool__(self) -> bool:
        return bool(self.phrases or self.beginning)

    def found_in(self, parts: Iterable[Sequence[str]]) -> bool:
        """Each of ``parts`` is the words of one text. No phrase goes over the end of a text."""
        texts = [tuple(part) for part in parts]
        every = {word for text in texts for word in text}
        return (
            bool(self)
            and all(_stands(phrase, texts, every) for phrase in self.phrases)
            and (not self.beginning or any(word.startswith(self.beginning) for word in every))
        )


def _stands(phrase: tuple[str, ...], texts: list[tuple[str, ...]], every: set[str]) -> bool:
    if not every.issuperset(phrase):
        return False
    size = len(phrase)
    return size == 1 or any(
        text[place : place + size] == phrase for text in texts for place in range(len(text) - size + 1)
    )


@lru_cache(maxsize=4096)
def query(text: str) -> Query:
    """What a person typed: words, phrases in quotes, and the last word as far as it is typed. Nothing in it has any other
    meaning, so nothing that is typed can be wrong."""
    found: list[tuple[tuple[str, ...], bool]] = []
    for quoted, bare in _PART.findall(text.translate(_QUOTES)):
        if quoted:
            found += [(phrase, True)] if (phrase := tuple(words(quoted))) else []
        else:
            found += [((word,), False) for word in words(bare)]
    kept, count = [], 0
    for phrase, in_quotes in found:
        count += len(phrase)
        if count > MOST:
            break
        kept.append((phrase, in_quotes))
    beginning = ""
    if kept and not kept[-1][1] and len(kept[-1][0][0]) > 1:
        beginning = kept.pop()[0][0]
    return Query(tuple(phrase for phrase, _ in kept), beginning)

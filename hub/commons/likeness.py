"""Whether two opportunities may be the same project, and by which keys such pairs are found. Pure.

Alike are two of one kind whose organisations share a registration number and whose titles say the same, or whose texts are
the same for long stretches. A title in another language is compared where the opportunity brings a translation; else such a
pair is not noticed. Numbers in a title tell projects apart: phase 1 and phase 2, the grants of two years.

``keys`` are few for each opportunity, and two that are alike share one: so that a change looks at those and not at all.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import pairwise
from typing import Any

Facts = Mapping[str, Any]
TITLE = 0.75
"""Share of words that two titles must have in common (Dice), where their organisations have the same number."""
TEXT = 0.5
"""Share of runs of three words that two texts must have in common (Jaccard), whatever their titles."""
RUNS = 15
"""With fewer runs of words a text is too short to tell anything by itself."""
NAME = 0.5
"""Two organisations without a number in common are not the same when their names have fewer words in common than this."""
NEAR = 0.8
"""Two words as alike as this are one, misspelt or inflected."""
SKETCH = 8
"""Keys of a text: the runs whose checksums are smallest. Texts half alike miss each other once in some hundred pairs."""
TEXTS = ("summary", "need", "planned_activities", "intended_impact")
IDENTIFIERS = "organization.identifiers."
TRANSLATED = "translations."

_WORD = re.compile(r"\d+|[^\W\d_]+")
_UNSPACED = re.compile("[\u0e00-\u0eff\u2e80-\u9fff\uac00-\ud7af]")
_SMALL_WORDS = (
    "a an and at by for from in of on or the to with de del des du e el en et la las le les los para pour un une y "
    "am an auf das dem den der des die ein eine fur im in mit und von zu"
)
_PART_WORDS = "phase part stage round year cohort teil partie fase etapa parte jahr annee ano volume"
_SMALL = frozenset(_SMALL_WORDS.split())
_PARTS = frozenset(_PART_WORDS.split())
_ROMAN = {"ii": 2, "iii": 3, "iv": 4, "vi": 6, "vii": 7, "viii": 8, "ix": 9, "xi": 11, "xii": 12}
_ORDER = (("i", "one", "first"), ("two", "second"), ("three", "third"), ("four", "fourth"), ("v", "five", "fifth"))
_BESIDE_A_PART = {word: number for number, words in enumerate(_ORDER, 1) for word in words}


@dataclass(frozen=True, slots=True)
class Likeness:
    """Why two may be one. ``title`` and ``text``: shares of 0 to 1; ``number``: their organisations have one in common."""

    title: float
    text: float
    number: bool


def bears(path: str) -> bool:
    """Whether a change of this fact may change what an opportunity is like."""
    return path == "title" or path == "organization.name" or path in TEXTS or path.startswith((IDENTIFIERS, TRANSLATED))


def likeness(kind: str, a: Facts, other_kind: str, b: Facts) -> Likeness | None:
    """None where the two are not to be taken for one."""
    if kind != other_kind or _numbers(str(a.get("title") or "")) != _numbers(str(b.get("title") or "")):
        return None
    number = not _registered(a).isdisjoint(_registered(b))
    title = max(_common(_telling(x), _telling(y)) for x in _titles(a) for y in _titles(b))
    if number and title >= TITLE:
        return Likeness(title, _text_in_common(a, b), number)
    if not number and _strangers(a, b):
        return None
    text = _text_in_common(a, b)
    return Likeness(title, text, number) if text >= TEXT else None


def keys(facts: Facts) -> set[str]:
    """What another that is like this one has as well: a number with a word of the title, or a run of words."""
    found = {word for title in _titles(facts) for word in _telling(title)}
    words = sorted(found, key=lambda word: (-len(word), word))[:12]
    by_number = {_short(f"{number}\n{word}") for number in _registered(facts) for word in words}
    return by_number | {f"t{run:08x}" for run in sorted(_runs(_text(facts)))[:SKETCH]}


def _short(text: str) -> str:
    return "n" + hashlib.blake2b(text.encode(errors="replace"), digest_size=8).hexdigest()


def _titles(facts: Facts) -> list[str]:
    translated = [v for p, v in facts.items() if p.startswith(TRANSLATED) and p.endswith(".title") and v]
    return [str(title) for title in (facts.get("title") or "", *translated)]


def _text(facts: Facts) -> str:
    return "\n".join(str(facts[path]) for path in TEXTS if facts.get(path))


@lru_cache(maxsize=512)
def _words(text: str) -> tuple[str, ...]:
    """Words without case, accents or the form in which they are encoded; scripts without spaces in pairs of signs."""
    if text.isascii():
        every = _WORD.findall(text.lower())
        return tuple(str(int(w)) if w[0] < "a" and len(w) < 19 else w for w in every)
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if unicodedata.category(c) not in ("Mn", "Cf"))
    found: list[str] = []
    for word in _WORD.findall(plain.casefold()):
        if word.isdecimal():
            found.append(str(int(word)) if len(word) < 19 else word)
        elif _UNSPACED.search(word) and len(word) > 1:
            found += ["".join(two) for two in pairwise(word)]
        else:
            found.append(word)
    return tuple(found)


def _telling(title: str) -> tuple[str, ...]:
    """The words of a title but for the small ones and the numbers, each once."""
    words = dict.fromkeys(word for word, number in _counted(title) if number is None)
    return tuple(word for word in words if word not in _SMALL) or tuple(words)


def _numbers(title: str) -> frozenset[int | str]:
    return frozenset(number for _, number in _counted(title) if number is not None)


def _counted(title: str) -> list[tuple[str, int | str | None]]:
    """Each word of a title with the number that it is: in figures, in Roman figures, or in words beside “phase” and its
    like."""
    words = _words(title)
    found: list[tuple[str, int | str | None]] = []
    for place, word in enumerate(words):
        number: int | str | None = _ROMAN.get(word)
        if word.isdecimal():
            number = int(word) if len(word) < 19 else word
        elif not _PARTS.isdisjoint((*words[max(place - 1, 0) : place], *words[place + 1 : place + 2])):
            number = number or _BESIDE_A_PART.get(word)
        found.append((word, number))
    return found


def _registered(facts: Facts) -> frozenset[str]:
    """Registration numbers with their registers, in one spelling. What is too short to be one says nothing."""
    found = set()
    for path, value in facts.items():
        if path.startswith(IDENTIFIERS) and value:
            spelt = unicodedata.normalize("NFKC", str(value)).upper()
            number = "".join(c for c in spelt if c.isalnum()).lstrip("0")
            if len(number) >= 4 and len(set(number)) > 1:
                found.add(f"{path.removeprefix(IDENTIFIERS).upper()}:{number}")
    return frozenset(found)


def _strangers(a: Facts, b: Facts) -> bool:
    """Two organisations that are known not to be one: another number in the same register, or quite another name."""
    of_a, of_b = _registered(a), _registered(b)
    if {number.partition(":")[0] for number in of_a} & {number.partition(":")[0] for number in of_b}:
        return True
    names = [str(facts.get("organization.name") or "") for facts in (a, b)]
    return all(names) and _common(_telling(names[0]), _telling(names[1])) < NAME


def _common(a: Iterable[str], b: Iterable[str]) -> float:
    """Dice's share of words in common; a word that is nearly another counts as it."""
    left, right = list(dict.fromkeys(a)), list(dict.fromkeys(b))
    count = len(left) + len(right)
    if not left or not right:
        return 0.0
    same = [word for word in left if word in right]
    rest = [word for word in right if word not in same]
    found = len(same)
    for word in left:
        near = next((other for other in rest if word not in same and _near(word, other)), None)
        if near is not None:
            rest.remove(near)
            found += 1
    return 2 * found / count


def _near(a: str, b: str) -> bool:
    if min(len(a), len(b)) < 4 or abs(len(a) - len(b)) > 3:
        return False
    return SequenceMatcher(None, a, b, autojunk=False).ratio() >= NEAR


@lru_cache(maxsize=512)
def _runs(text: str) -> frozenset[int]:
    """Checksums of every run of three words."""
    words = _words(text)
    return frozenset(
        zlib.crc32(" ".join(words[place : place + 3]).encode(errors="replace")) for place in range(len(words) - 2)
    )


def _text_in_common(a: Facts, b: Facts) -> float:
    left, right = _runs(_text(a)), _runs(_text(b))
    if min(len(left), len(right)) < RUNS:
        return 0.0
    return len(left & right) / len(left | right)

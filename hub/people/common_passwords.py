"""Passwords that guessers try first, told by how they are made rather than by a long list (NIST SP 800-63B, 3.1.1.2).

What counts is what is left when decoration is taken off: letters' look-alikes read as letters, digits and signs at the ends
dropped. So one short list of roots stands for the many spellings of each.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_WORDS = """
password passwort passphrase motdepasse contrasena senha parola wachtwoord welcome willkommen bienvenue letmein login
signin access secret changeme changeit default admin administrator administrador root superuser superman batman
spiderman pokemon starwars football baseball basketball liverpool chelsea arsenal barcelona juventus princess sunshine
sunflower butterfly chocolate iloveyou ilovegod jesus trustno master monkey dragon shadow michael jennifer charlotte
hello helloworld whatever freedom friends family forever computer internet google facebook microsoft windows samsung
summer winter spring autumn monday january december test testing tester temporary temp guest user username qwerty
qwertyuiop qwertz qwertzuiop azerty azertyuiop asdfgh asdfghjkl zxcvbn zxcvbnm qazwsx qazwsxedc abc abcd abcdef
abcdefgh abcdefghij foundation grants funding commonshub commons hub
"""
ROOTS = frozenset(_WORDS.split())
ROWS = ("qwertyuiopasdfghjklzxcvbnm", "qwertzuiopasdfghjklyxcvbnm", "azertyuiopqsdfghjklmwxcvbn", "abcdefghijklmnopqrstuvwxyz",
        "01234567890123456789", "1qaz2wsx3edc4rfv5tgb6yhn7ujm", "1q2w3e4r5t6y7u8i9o0p")  # fmt: skip
LOOK = str.maketrans("@4301!$57", "aaeoiisst")
LEAST = 4
"""Different characters that a password has at least."""


def is_common(password: str, context: Iterable[str] = ()) -> bool:
    """Whether guessers try it early; ``context``: what they know of its owner, as name and e-mail address."""
    text = unicodedata.normalize("NFKC", password).casefold()
    plain = "".join(text.split())
    if len(set(plain)) < LEAST or _repeats(plain) or any(_runs(plain, row) for row in ROWS):
        return True
    roots = ROOTS | {part for known in context for part in re.findall(r"\w{4,}", known.casefold())}
    spelt = (_rest(plain), _rest(plain).translate(LOOK), _rest(plain.translate(LOOK)))
    return any(word in roots or _two_roots(word, roots) for word in spelt)


def _rest(text: str) -> str:
    """Without the digits and signs at both ends."""
    return re.sub(r"^[\W\d_]+|[\W\d_]+$", "", text)


def _repeats(text: str) -> bool:
    """One piece over and over."""
    return text in (text + text)[1:-1]


def _runs(text: str, row: str) -> bool:
    """Part of a row of keys, either way, with or without a few digits or signs behind."""
    ways = (row, row[::-1])
    return any(
        piece and any(piece in way for way in ways) for piece in (text, _rest(text) if len(_rest(text)) > 3 else "")
    )


def _two_roots(text: str, roots: Iterable[str]) -> bool:
    """Nothing but one root twice, or two of them."""
    return any(text.startswith(root) and text[len(root) :] in roots for root in roots)

"""Canonical values of any field, for Hypothesis."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from schemas.codes import CODES
from schemas.fields import spec
from schemas.money import minor_units
from schemas.values import canonical

WORDS = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00\r", exclude_categories=("Cs",)), min_size=1, max_size=60
)
HOSTILE = st.sampled_from(
    ["=cmd|' /C calc'!A0", "'; DROP TABLE x;--", "<script>alert(1)</script>", "&amp;&lt;", "\u202eabc", "a\u0301", "ﷺ" * 20,
     "{{7*7}}", "%s%n", "../../etc/passwd", " leading and trailing ", "\ttab", "line\nline", "0123", "1e5", "TRUE", "null", ";,|"]
)  # fmt: skip
CURRENCIES = st.sampled_from(["USD", "EUR", "GBP", "JOD", "JPY", "KWD"])


@st.composite
def moneys(draw: st.DrawFn) -> dict[str, str]:
    currency = draw(CURRENCIES)
    units = draw(st.integers(0, 10**12))
    amount = Decimal(units).scaleb(-minor_units(currency))
    return canonical("ask.requested", {"amount": format(amount, "f"), "currency": currency})  # type: ignore[no-any-return]


WHENS = st.dates().map(lambda day: {"date": day.isoformat()}) | st.sampled_from(
    [
        {"date": "2026-03"},
        {"date": "2026-Q1"},
        {"date": "2026"},
        {"date": "rolling"},
        {"date": None, "text": "in spring"},
    ]
)
PLACES = st.lists(
    st.sampled_from(
        [{"country": "KE"}, {"country": "JO", "place": "Irbid"}, {"place": "Upper valley"}, {"subdivision": "GB-SCT"}]
    ),
    max_size=3,
)


def of(path: str) -> st.SearchStrategy[Any]:
    """Canonical values of this field, blank ones among them."""
    field = spec(path)
    codes = sorted(CODES.get(field.codes or "", {})) or ["en"]
    by_type: dict[str, st.SearchStrategy[Any]] = {
        "text": WORDS | HOSTILE, "longtext": WORDS | HOSTILE, "url": st.sampled_from(["https://example.org/a?b=c", "http://x.test"]),
        "int": st.integers(0, 10**9), "bool": st.booleans(), "money": moneys(), "moneys": st.lists(moneys(), max_size=1),
        "when": WHENS, "code": st.sampled_from(codes), "codes": st.lists(st.sampled_from(codes), max_size=4, unique=True),
        "country": st.sampled_from(["KE", "JO", "GB", "PS"]), "places": PLACES, "any": WORDS,
        "documents": st.just([{"title": "Plan", "url": "https://example.org/plan.pdf"}]),
    }  # fmt: skip
    return st.none() | by_type[field.type].map(lambda value: canonical(path, value))

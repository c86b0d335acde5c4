"""Every connector of this house as the kit wants it, found in the rooms where the subjects stand."""

from __future__ import annotations

from hub.conformance import kit
from tests.conformance import another_hub, commongrants, subjects

HOUSE = [
    each
    for room in (another_hub, commongrants, subjects)
    for each in vars(room).values()
    if isinstance(each, type) and issubclass(each, kit.Subject) and each is not kit.Subject
]

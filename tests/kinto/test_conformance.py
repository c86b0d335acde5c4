"""The connector keeps what the hub relies on, with the real server at the other end."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connectors.clock import ManualTime
from connectors.contract import Connector, Secret, Wanted
from hub.conformance import kit
from tests.kinto.between import Between
from tests.kinto.connector import Kinto
from tests.kinto.server import Bucket
from tests.kinto.world import settings, transport


@pytest.fixture
def subject(bucket: Bucket, between: Between) -> kit.Subject:
    office, time, changed = bucket.collection("rows"), ManualTime(), dict[str, object]()
    wanted = Wanted("rows", ("title", "commons_id", "ask"), "commons_id")

    def opened() -> Connector:
        return Kinto(settings(bucket, between.port, page=3, **changed), wanted, transport(between.port, time))

    def alter(id: str, cells: dict[str, object]) -> None:
        office.edit(id, **cells)

    def remove(id: str) -> None:
        office.remove(id)

    return kit.Subject(
        open=opened, key="commons_id", text="title", unwanted="private",
        plant=lambda cells: office.add(**{"title": "untitled"} | cells),
        alter=alter, remove=remove,
        spoil={"title": "x", "ask": "not a number"},
        lock_out=lambda: changed.update(password=Secret("wrong")), cut_off=between.stop,
    )  # fmt: skip


@pytest.mark.parametrize("check", kit.CHECKS, ids=lambda check: check.__name__)
def test_kinto(check: Callable[[kit.Subject], None], subject: kit.Subject) -> None:
    try:
        check(subject)
    except kit.DoesNotApply as reason:
        pytest.skip(f"kinto: {reason}")

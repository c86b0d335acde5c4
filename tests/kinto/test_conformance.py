"""The connector keeps what the hub relies on, with the real server at the other end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest

from connectors.contract import Raw, Secret, System, Wanted
from hub.conformance import kit
from tests.kinto.connector import Kinto
from tests.kinto.server import Bucket
from tests.kinto.world import settings


class KintoRows(kit.Subject):
    system = System(
        "kinto", "Kinto", "A collection of records", (), open=Kinto,
        hosts=lambda settings: (urlsplit(settings.get("url")).netloc,),
    )  # fmt: skip
    wanted = Wanted("rows", ("title", "commons_id", "ask"), "commons_id")
    text, unwanted = "title", "private"
    spoil = {"ask": "not a number"}

    def __init__(self, bucket: Bucket, port: int) -> None:
        super().__init__()
        self.bucket, self.port, self.office = bucket, port, bucket.collection("rows")
        self.changed: dict[str, Any] = {}

    @contextmanager
    def running(self) -> Iterator[str]:
        yield f"http://127.0.0.1:{self.port}"

    def options(self, url: str) -> Raw:
        port = urlsplit(url).port
        assert port is not None
        return dict(settings(self.bucket, port, page=3, **self.changed).options)

    def plant(self, cells: Raw) -> str:
        return self.office.add(**{"title": "untitled"} | cells)

    def alter(self, id: str, cells: Raw) -> None:
        self.office.edit(id, **cells)

    def remove(self, id: str) -> None:
        self.office.remove(id)

    def lock_out(self) -> None:
        self.changed["password"] = Secret("wrong")


@pytest.mark.parametrize("check", kit.CHECKS, ids=lambda check: check.__name__)
def test_kinto(check: Callable[[kit.Subject], None], bucket: Bucket, kinto: int) -> None:
    with KintoRows(bucket, kinto) as subject:
        try:
            check(subject)
        except kit.DoesNotApply as reason:
            pytest.skip(f"kinto: {reason}")

"""A declaration of Kinto, a server that others wrote, keeps what the hub relies on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from connectors.contract import Raw, Secret, Wanted
from hub.conformance import kit
from tests.kinto.conftest import bucket, kinto
from tests.kinto.server import HUB, Bucket

__all__ = ["bucket", "kinto"]

FILE = Path(__file__).with_name("kinto.toml")


class KintoDeclared(kit.Subject):
    system = "rest"
    wanted = Wanted("rows", ("title", "commons_id", "ask"), "commons_id")
    text, unwanted = "title", "private"
    spoil = {"ask": "not a number"}

    def __init__(self, bucket: Bucket, port: int) -> None:
        super().__init__()
        self.bucket, self.port, self.office = bucket, port, bucket.collection("rows")
        self.password = Secret(HUB[1])

    @contextmanager
    def running(self) -> Iterator[str]:
        yield f"http://127.0.0.1:{self.port}"

    def options(self, url: str) -> Raw:
        port = urlsplit(url).port
        values = {"bucket": self.bucket.id}
        return {"declaration": str(FILE), "url": f"http://127.0.0.1:{port}", "values": values, "user": HUB[0], "password": self.password}  # fmt: skip

    def plant(self, cells: Raw) -> str:
        return self.office.add(**{"title": "untitled"} | cells)

    def plant_as(self, id: str, cells: Raw) -> None:
        self.bucket.call("PUT", f"{self.office.url}/{id}", {"data": cells})

    def alter(self, id: str, cells: Raw) -> None:
        self.office.edit(id, **cells)

    def remove(self, id: str) -> None:
        self.office.remove(id)

    def lock_out(self) -> None:
        self.password = Secret("wrong")


@pytest.mark.parametrize("check", kit.CHECKS, ids=lambda check: check.__name__)
def test_kinto(check: Callable[[kit.Subject], None], bucket: Bucket, kinto: int) -> None:
    with KintoDeclared(bucket, kinto) as subject:
        try:
            check(subject)
        except kit.DoesNotApply as reason:
            pytest.skip(f"kinto: {reason}")

"""The page that tells an admin whether the hub runs, and what it keeps."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from hub.cli import backup
from hub.operating import Metrics
from hub.operations import retention
from hub.retention import Retention
from hub.store import chores, migrate, processes
from tests.web.conftest import Site


def words(site: Site, who: str = "admin.elm") -> str:
    """The page as it is read: without its marks."""
    answer = site.client(who).get("/running")
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


def shown(site: Site, kind: str, digest: str, ago: int) -> None:
    with site.hub.writing() as conn:
        processes.begin(conn, site.hub.ids.uuid7(), kind, digest, site.time.now() - timedelta(seconds=ago))


def test_it_says_how_long_ago_the_clock_ticked_and_who_works(site: Site) -> None:
    site.hub.ticked_at = site.time.now() - timedelta(seconds=12)
    shown(site, "worker", site.hub.config.digest, 3)
    shown(site, "web", "another", 5)
    shown(site, "serve", "long gone", 3600)
    page = words(site)
    assert "The clock ticked 12 seconds ago" in page and "It has stopped." not in page
    assert re.search(r"pages 01 Mar 2026, \S+ UTC 5 seconds ago another; the older of the two starts no syncs", page)
    assert re.search(r"syncs 01 Mar 2026, \S+ UTC 3 seconds ago the same as here", page)
    assert "pages and syncs" not in page, "one that has not shown itself for an hour is none"


def test_it_says_when_nothing_works(site: Site) -> None:
    page = words(site)
    assert "The clock ticked never" in page and "No process has shown itself" in page
    site.hub.ticked_at = site.time.now() - timedelta(minutes=3)
    assert "The clock ticked 3 minutes ago It has stopped." in words(site)


def test_it_names_the_revision_of_the_database_and_the_one_that_is_needed(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert f"sqlite , revision {migrate.newest()} as this program needs it" in words(site)
    monkeypatch.setattr(migrate, "newest", lambda: "9999")
    assert "this program needs revision 9999" in words(site)


def test_it_says_where_numbers_are_read_or_that_they_are_off(site: Site) -> None:
    assert "Numbers for Prometheus off" in words(site)
    config = site.hub.config
    for metrics, address in (
        (Metrics("127.0.0.1", 9100), "http://127.0.0.1:9100/metrics"),
        (Metrics("::1", 9), "http://[::1]:9/metrics"),
    ):
        site.hub.config = replace(config, operating=replace(config.operating, metrics=metrics))
        assert f"Numbers for Prometheus {address}" in words(site)


def test_every_setting_of_retention_is_told_as_it_is_in_force(site: Site) -> None:
    names = [one.name for one in fields(Retention)]
    site.hub.config = replace(site.hub.config, retention=Retention(**{name: 701 + n for n, name in enumerate(names)}))
    page = words(site)
    assert all(f" {701 + n} days" in page for n in range(len(names))), names
    assert "Syncs, what they wrote, and holds that were decided 702 days" in page and "never goes by its age" in page


def test_it_says_when_what_was_kept_long_enough_last_went(site: Site) -> None:
    assert "Last: never ." in words(site)
    retention.look(site.hub)
    site.time.sleep(600)
    assert "Last: 10 minutes ago ." in words(site)


def test_it_says_when_the_last_backup_was_made(site: Site) -> None:
    assert "Last backup none that is known here" in words(site)
    for days in (3, 2):
        with site.hub.writing() as conn:
            chores.done(conn, chores.BACKUP, site.time.now() - timedelta(days=days))
        assert f"Last backup {days} days ago" in words(site)


def test_the_command_that_makes_a_backup_notes_it(site: Site, tmp_path: Path) -> None:
    done = CliRunner().invoke(backup.command, [str(tmp_path / "b"), "--config", str(tmp_path / "config.toml")])
    assert done.exit_code == 0, done.output
    assert "none that is known here" not in words(site)


def test_a_refused_file_is_told_without_what_is_in_it(site: Site) -> None:
    assert "in force as the files say" in words(site)
    site.hub.refused = ["config.toml:3: zz-wrong"]
    page = words(site)
    assert "a changed file is refused" in page and "zz-wrong" not in page


def test_only_who_looks_after_connections_or_the_hub_reads_it_and_finds_it_beside_the_people(site: Site) -> None:
    for role, code in {"admin": 200, "operator": 200, "staff": 403, "officer": 403, "convener": 403}.items():
        assert site.client(f"{role}.elm").get("/running").status_code == code
    assert 'href="/running"' in site.client("admin.elm").get("/people").text


def test_the_setting_that_turns_numbers_on_is_named_as_the_example_names_it() -> None:
    example = (Path(__file__).parents[2] / "config.example.toml").read_text(encoding="utf-8")
    assert re.search(r"^\[metrics\]\n(?:#.*\n)*#? ?listen = ", example, re.M)

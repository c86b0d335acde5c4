"""What docs/deploy gives people works: the unit is one that systemd takes, the site one that nginx serves the hub by."""

from __future__ import annotations

import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import trustme

from hub.app import open_hub
from hub.config_files import load
from hub.people.accounts import add_user
from tests.operating.serving import serving

DEPLOY = Path(__file__).parents[2] / "docs" / "deploy"
PASSWORD = "a long enough one"
FRAME = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


def needs(program: str, package: str) -> str:
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"There is no {program} here (apt install {package}), so what docs/deploy has for it is not tried.")
    return found


def test_systemd_takes_the_unit_and_finds_little_that_it_is_exposed_to(tmp_path: Path) -> None:
    analyze = needs("systemd-analyze", "systemd")
    unit = tmp_path / "commons-hub.service"
    unit.write_text(
        re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", (DEPLOY / "commons-hub.service").read_text(), flags=re.M)
    )
    done = subprocess.run(
        [analyze, "verify", "--man=no", str(unit)], capture_output=True, text=True, timeout=60, check=False
    )
    said = "\n".join(line for line in (done.stdout + done.stderr).splitlines() if unit.name in line)
    assert done.returncode == 0 and said == "", done.stdout + done.stderr
    security = [analyze, "security", "--offline=yes", "--threshold=25", str(unit)]
    done = subprocess.run(security, capture_output=True, text=True, timeout=60, check=False)
    if "unrecognized option" in done.stderr or "Unknown" in done.stderr:
        pytest.skip("This systemd cannot judge a unit that is not loaded.")
    assert done.returncode == 0, done.stdout[-600:] + done.stderr


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, requests.Session, Path]]:
    """The site of docs/deploy in front of a real hub: its https and http addresses, a client that trusts it, its folder."""
    nginx, folder = needs("nginx", "nginx-light"), tmp_path_factory.mktemp("nginx")
    https, http = free_port(), free_port()
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(folder / "site.pem")
    config = folder / "config.toml"
    config.write_text(f'[hub]\ndatabase = "sqlite:///hub.db"\n[web]\npublic_url = "https://localhost:{https}"\nproxies = 1\n'
                      'secret = "env:HUB_SECRET"\n[members.elm]\nname = "Elm Fund"\n')  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUB_SECRET", "x" * 40)
        hub = open_hub(load(config))
    add_user(hub, "elm", "ada@elm.test", "Ada", ["staff"], PASSWORD)
    hub.engine.dispose()
    with serving(config, HUB_SECRET="x" * 40) as served:
        text = (DEPLOY / "nginx.conf").read_text()
        for old, new in {
            "listen 80;": f"listen 127.0.0.1:{http};", "listen [::]:80;": "", "listen [::]:443 ssl;": "",
            "listen 443 ssl;": f"listen 127.0.0.1:{https} ssl;", "hub.example.org;": "localhost;",
            "/etc/letsencrypt/live/hub.example.org/fullchain.pem": f"{folder}/site.pem",
            "/etc/letsencrypt/live/hub.example.org/privkey.pem": f"{folder}/site.pem",
            "http://127.0.0.1:8000": served.url,
        }.items():  # fmt: skip
            assert old in text, old
            text = text.replace(old, new)
        (folder / "site.conf").write_text(text)
        (folder / "nginx.conf").write_text(FRAME.format(folder=folder))
        command = [nginx, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        try:
            served.until(lambda: process.poll() is not None or listening(https), "nginx was to listen.")
            assert process.poll() is None, (folder / "error.log").read_text()
            client = requests.Session()
            client.trust_env, client.verify = False, str(folder / "ca.pem")
            yield f"https://localhost:{https}", f"http://localhost:{http}", client, folder
        finally:
            process.terminate()
            process.wait(20)


def listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


Site = tuple[str, str, requests.Session, Path]


def test_people_sign_in_through_it_with_cookies_bound_to_tls(site: Site) -> None:
    url, _, client, _ = site
    page = client.get(f"{url}/sign-in", timeout=20)
    assert page.status_code == 200 and "max-age=31536000" in page.headers["Strict-Transport-Security"]
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token is not None
    form = {"csrf_token": token[1], "email": "ada@elm.test", "password": PASSWORD}
    headers = {"Origin": url, "Referer": f"{url}/sign-in"}
    answer = client.post(f"{url}/sign-in", data=form, headers=headers, allow_redirects=False, timeout=20)
    assert answer.status_code == 303, answer.text
    assert (
        all(cookie.secure and cookie.name.startswith("__Host-") for cookie in client.cookies)
        and len(client.cookies) >= 1
    )
    assert client.get(f"{url}/", timeout=20).status_code == 200


def test_a_form_from_another_site_is_refused_behind_it_too(site: Site) -> None:
    url, _, client, _ = site
    assert (
        client.post(f"{url}/sign-in", data={}, headers={"Origin": "https://elsewhere.test"}, timeout=20).status_code
        == 400
    )


def test_nobody_chooses_the_address_that_the_hub_notes(site: Site) -> None:
    import sqlite3

    url, _, client, folder = site
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(f"{url}/sign-in", timeout=20).text)
    assert token is not None
    headers = {"X-Forwarded-For": "6.6.6.6", "Forwarded": "for=6.6.6.6", "Origin": url, "Referer": f"{url}/sign-in"}
    form = {"csrf_token": token[1], "email": "nobody@elm.test", "password": "wrong"}
    client.post(f"{url}/sign-in", data=form, headers=headers, timeout=20)
    with sqlite3.connect(folder / "hub.db") as store:
        found = {row[0] for row in store.execute("SELECT address FROM sign_in_attempt")}
    assert found == {"127.0.0.1"}


def test_without_tls_one_is_sent_to_it_and_old_tls_is_refused(site: Site) -> None:
    url, http, client, folder = site
    answer = client.get(f"{http}/queue?x=1", allow_redirects=False, timeout=20)
    assert answer.status_code == 301 and answer.headers["Location"] == "https://localhost/queue?x=1"
    context = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), 10) as plain, pytest.raises(ssl.SSLError):
        context.wrap_socket(plain, server_hostname="localhost")


def test_it_answers_for_the_hubs_health_and_takes_a_whole_sheet_and_no_more(site: Site) -> None:
    url, _, client, _ = site
    assert client.get(f"{url}/healthz", timeout=20).status_code == 200
    assert client.post(f"{url}/sign-in", data=b"x" * 12 * 2**20, timeout=20).status_code == 413
    assert "nginx/" not in client.get(f"{url}/nowhere", timeout=20).headers["Server"]

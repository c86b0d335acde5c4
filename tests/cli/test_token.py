"""``hub token`` as an operator uses it."""

from __future__ import annotations

import re
from pathlib import Path

from click.testing import CliRunner

from hub import tokens
from hub.app import open_hub
from hub.cli import main
from hub.config_files import load

CONFIG = '[members.elm]\nname = "Elm Fund"\n'


def test_a_token_is_made_listed_and_revoked(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG)

    def hub(*words: str) -> tuple[int, str, str]:
        done = CliRunner().invoke(main, ["token", *words, "--config", str(path)])
        return done.exit_code, done.stdout, done.stderr

    assert "Known: elm" in hub("create", "--member", "oak", "--name", "x")[2]
    assert hub("create", "--member", "elm", "--name", "x", "--days", "0")[0] == 2
    code, text, said = hub("create", "--member", "elm", "--name", "our script", "--scope", "share", "--days", "30")
    assert code == 0 and re.fullmatch(r"hubt_[0-9a-f]{64}\n", text) and "shown once" in said
    opened = open_hub(load(path))
    token = tokens.opened(opened, text.strip())
    assert token is not None and token.scopes == ["share"]
    listed = hub("list")[1]
    assert token.id in listed and "our script" in listed and "valid" in listed and text.strip() not in listed
    assert hub("revoke", "no-such")[0] == 2
    assert "our script" in hub("revoke", token.id)[1] and tokens.opened(opened, text.strip()) is None
    assert "revoked" in hub("list", "--member", "elm")[1]
    opened.engine.dispose()

"""Each catalogue is whole: every text, every placeholder, every plural form, and no text that is not there any more."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from hub.languages import FOLDER
from tests.languages.extraction import extracted, text

FILES = sorted(FOLDER.glob("*/LC_MESSAGES/messages.po"))
PLACES = re.compile(r"%\(\w+\)[a-z]|%%")


def read(file: Path) -> Catalog:
    with file.open("rb") as opened:
        return read_po(opened)


def ids(catalogue: Catalog) -> set[object]:
    return {message.id for message in catalogue if message.id}


def test_there_is_arabic_with_its_six_plural_forms() -> None:
    arabic = read(FOLDER / "ar/LC_MESSAGES/messages.po")
    assert arabic.num_plurals == 6
    plural = [message for message in arabic if isinstance(message.id, tuple)]
    assert len(plural) > 20 and all(len(message.string) == 6 and all(message.string) for message in plural)


def test_the_template_is_what_the_code_says_today() -> None:
    assert (FOLDER / "messages.pot").read_text(encoding="utf-8") == text(extracted()), (
        "Texts changed: run `python -m tests.languages.extraction`, then translate what is new."
    )


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parts[-3])
def test_a_catalogue_has_every_text_and_no_other(file: Path) -> None:
    catalogue = read(file)
    assert ids(catalogue) == ids(extracted())
    assert not catalogue.obsolete


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parts[-3])
def test_a_catalogue_leaves_nothing_out(file: Path) -> None:
    catalogue = read(file)
    for message in catalogue:
        if not message.id:
            continue
        assert not message.fuzzy, message.id
        said = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(one.strip() for one in said), f"not translated: {message.id}"
        assert len(said) == (catalogue.num_plurals if isinstance(message.id, tuple) else 1), message.id


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parts[-3])
def test_placeholders_are_those_of_the_english(file: Path) -> None:
    """A form for none, one or two may leave the number out, for the word says it."""
    for message in read(file):
        if not message.id:
            continue
        if isinstance(message.id, tuple):
            wanted = set(PLACES.findall(message.id[1]))
            for form in message.string:
                found = set(PLACES.findall(form))
                assert found <= wanted and wanted - found <= {"%(num)s", "%(told)s"}, (message.id, form)
        else:
            assert sorted(PLACES.findall(message.id)) == sorted(PLACES.findall(message.string)), message.id
            assert message.id.startswith("\n") == message.string.startswith("\n"), message.id
            assert (message.id[-1:] == "\n") == (message.string[-1:] == "\n"), message.id


def test_a_command_in_an_arabic_sentence_keeps_its_own_direction() -> None:
    for message in read(FOLDER / "ar/LC_MESSAGES/messages.po"):
        for one in message.string if isinstance(message.string, tuple) else (message.string,):
            assert "`" not in re.sub("\u2066`[^`]+`\u2069", "", one), one

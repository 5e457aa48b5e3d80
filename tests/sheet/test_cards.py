"""Anki packages, read as Anki reads them: a zip file with a database."""

import json
import sqlite3
import zipfile

import pytest

from kb.sheet.choose import chosen
from kb.sheet.content import Figure, Sheet

pytest.importorskip("genanki")
pytest.importorskip("jinja2")

from kb.sheet.cards import cards
from tests.sheet.test_page import PIXEL


class Package:
    """What an Anki package holds."""

    def __init__(self, content: bytes, folder) -> None:
        path = folder / "cards.apkg"
        path.write_bytes(content)
        with zipfile.ZipFile(path) as archive:
            (folder / "base").write_bytes(archive.read("collection.anki2"))
            self.media = {name: archive.read(key) for key, name in json.loads(archive.read("media")).items()}
        connection = sqlite3.connect(folder / "base")
        self.notes = connection.execute("select guid, mid, tags, flds from notes order by id").fetchall()
        self.decks = connection.execute("select distinct did from cards order by did").fetchall()
        self.count = connection.execute("select count(*) from cards").fetchone()[0]
        connection.close()


def test_an_entry_and_each_message_it_explains_make_a_card(builtin, tmp_path):
    entry = builtin.get("one-hot")
    package = Package(cards(Sheet(groups=chosen(builtin, ["one-hot"]), languages=("en",))), tmp_path)
    assert package.count == len(package.notes) == 1 + len(entry.errors)
    fields = [note[3].split("\x1f") for note in package.notes]
    assert fields[0][0] == "One-hot encoding"
    assert "F.one_hot(labels, num_classes=C)" in fields[0][1]
    assert "smaller than num_classes" in fields[1][0]
    assert "labels - <span" in fields[1][1]  # the snippet that mends it
    assert {one[2] for one in fields} == {"one-hot"}
    assert all(" tensor-ops " in note[2] for note in package.notes)


def test_a_later_package_changes_cards_instead_of_adding_some(builtin, tmp_path):
    """Neither the languages nor how much is shown nor what else is in the package makes another card."""
    few = Package(cards(Sheet(groups=chosen(builtin, ["losses"]), languages=("en",))), tmp_path)
    many = Package(
        cards(Sheet(groups=chosen(builtin, ["losses", "optim"]), languages=("zh",), everything=True)),
        tmp_path,
    )
    guids = [note[0] for note in many.notes]
    assert {note[0] for note in few.notes} <= set(guids)
    assert len(set(guids)) == len(guids)
    assert {note[1] for note in few.notes} == {note[1] for note in many.notes}
    assert set(few.decks) <= set(many.decks)


def test_pictures_travel_with_the_cards(builtin, tmp_path):
    figure = Figure("one-hot", "mask", "plots/dot 1.png", "image/png", PIXEL)
    sheet = Sheet(groups=chosen(builtin, ["one-hot"]), languages=("en",), figures=(figure,))
    package = Package(cards(sheet), tmp_path)
    ((name, data),) = package.media.items()
    assert data == PIXEL
    assert f'<img src="{name}">' in package.notes[0][3]


def test_an_entry_cannot_put_markup_into_cards(evil_sheet, tmp_path):
    package = Package(cards(evil_sheet), tmp_path)
    text = str(package.notes)
    assert "<script" not in text
    assert "<img" not in text
    assert "&lt;script&gt;" in text
    assert all(" " not in tag for note in package.notes for tag in note[2].split())

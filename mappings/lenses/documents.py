"""Documents by their links. The bytes are never copied."""

from __future__ import annotations

from mappings.entry import Entry
from mappings.lenses.choices import items
from mappings.lenses.lens import Lens, Raw, Value
from mappings.lenses.text import plain
from schemas.said import phrase
from schemas.values import canonical


def documents(entry: Entry) -> Lens:
    """Links: a list, or text with a ``separator`` (a new line unless declared); titles are the addresses."""
    if "parts" in entry.options:
        return _document(entry)
    [column] = entry.columns
    separator = entry.options.get("separator", "\n")

    def get(raw: Raw) -> Value:
        found = [plain(item) for item in items(raw.get(column), separator)]
        return canonical(entry.path, [{"title": url, "url": url} for url in found if url]) or None

    def put(value: Value, raw: Raw) -> Raw:
        urls = [document["url"] for document in value or ()]
        if isinstance(raw.get(column), list):
            return {column: urls or None}
        return {column: separator.join(urls) or None}

    return Lens((column,), get, put, phrase("titles and classes of documents"))


def _document(entry: Entry) -> Lens:
    """One document, its ``title`` and ``url`` in columns of their own."""
    parts: dict[str, str] = entry.options["parts"]

    def get(raw: Raw) -> Value:
        url = plain(raw.get(parts["url"]))
        if not url:
            return None
        found = {part: plain(raw.get(column)) or url for part, column in parts.items() if part != "url"}
        return canonical(entry.path, [{"title": url} | found | {"url": url}])

    def put(value: Value, raw: Raw) -> Raw:
        if value and len(value) > 1:
            raise ValueError(phrase("The columns hold one document; there are %(number)s.", number=len(value)))
        document = value[0] if value else {}
        return {column: document.get(part) for part, column in parts.items()}

    return Lens(tuple(parts.values()), get, put, phrase("classes of documents"))

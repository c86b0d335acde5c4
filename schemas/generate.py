"""Writes the JSON Schemas (draft 2020-12) of the vocabulary: ``python -m schemas.generate``.

Beside the types, each field says what it is: ``x-authority``, ``x-class``, ``x-merge`` and its code list.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from schemas.codes import CODES
from schemas.commitment import Commitment
from schemas.declared import Declared
from schemas.opportunity import Opportunity

FOLDER = Path(__file__).parent / "json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
MODELS: dict[str, type[BaseModel]] = {"opportunity": Opportunity, "commitment": Commitment}


def schema(model: type[BaseModel]) -> dict[str, Any]:
    """The schema of one model, its fields annotated with what ``Declared`` says of them."""
    tree = model.model_json_schema(mode="validation")
    _annotate(model, tree)
    for part in _parts(model):
        _annotate(part, tree["$defs"][part.__name__])
    return {"$schema": DIALECT} | tree


def _parts(model: type[BaseModel]) -> list[type[BaseModel]]:
    """Models nested in this one, at any depth."""
    found = []
    for info in model.model_fields.values():
        if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel):
            found += [info.annotation, *_parts(info.annotation)]
    return found


def _annotate(model: type[BaseModel], tree: dict[str, Any]) -> None:
    for name, info in model.model_fields.items():
        declared = next((m for m in info.metadata if isinstance(m, Declared)), None)
        if declared is None:
            continue
        field = tree["properties"][name]
        field["title"] = declared.label
        field |= {"x-authority": declared.authority, "x-class": declared.cls, "x-merge": declared.merge}
        if declared.codes:
            field["x-codes"] = sorted(CODES[declared.codes])


def text(model: type[BaseModel]) -> str:
    return json.dumps(schema(model), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, model in MODELS.items():
        (FOLDER / f"{name}.schema.json").write_text(text(model), encoding="utf-8")


if __name__ == "__main__":
    main()

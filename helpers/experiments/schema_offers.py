# SPDX-License-Identifier: Apache-2.0
"""What a schema registry says to a new field of a schema, optional and not."""

from __future__ import annotations

from helpers import schemas
from helpers.errors import InvalidInput
from helpers.lab import Lab
from helpers.schemas import Schema

NO_REGISTRY = "No registry runs here: `./lab registry up`, or go on without it."


def offer(lab: Lab, topic: str, schema: Schema, field: str) -> dict[str, str]:
    """Offer `schema` for the values of `topic`, then with a new text `field` that is optional, then with one that is not.

    Returns the registry's answers, by what was offered; where no registry runs, a sentence that says so. At the end the
    registry has none of these schemas.
    """
    if not lab.registry_url:
        return {"registry": NO_REGISTRY}
    offers = {"as today": {}, f"{field}: text?": {field: "text?"}, f"{field}: text": {field: "text"}}
    try:
        return {name: _answer(lab, topic, {**schema, **more}) for name, more in offers.items()}
    finally:
        schemas.forget(lab, topic)


def _answer(lab: Lab, topic: str, schema: Schema) -> str:
    try:
        return f"accepted, with the number {schemas.register(lab, topic, schema)}"
    except InvalidInput as refused:
        return f"refused: {refused}"

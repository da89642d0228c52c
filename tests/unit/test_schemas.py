# SPDX-License-Identifier: Apache-2.0
"""One record in three formats, without a registry."""

from __future__ import annotations

import io
import json
import struct
import sys
from datetime import UTC, datetime
from typing import Any

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import processes, schemas
from helpers.errors import InvalidInput, LabNotRunning
from helpers.lab import Lab

ORDER = {
    "orderId": "2b1f7c0e-55cf-4c8f-9c6f-51f2a3a0a5b1",
    "productId": "CATALOG-0002",
    "qty": 10,
    "unitPrice": 1200,
    "totalPrice": 12000,
    "createdAt": "2026-01-31T12:00:00.123Z",
}


def read_avro(data: bytes, schema: schemas.Schema) -> dict[str, Any]:
    """Return the record in `data`, behind its five bytes."""
    read = fastavro.schemaless_reader(io.BytesIO(data[5:]), fastavro.parse_schema(schemas.avro_schema(schema)), None)
    assert isinstance(read, dict)
    return read


def test_connects_json_has_the_schema_beside_the_record() -> None:
    message = json.loads(schemas.connect_json(ORDER, schemas.ORDER))
    assert message["payload"] == ORDER == json.loads(schemas.plain_json(ORDER))
    assert [field["field"] for field in message["schema"]["fields"]] == list(ORDER)
    qty = message["schema"]["fields"][2]
    assert qty == {"field": "qty", "type": "int32", "optional": False}


def test_the_bytes_fall_from_format_to_format() -> None:
    in_each, in_the_connector, in_a_registry = schemas.sizes(ORDER, schemas.ORDER).values()
    assert in_each > 3 * in_the_connector and in_the_connector > 2 * in_a_registry
    assert in_a_registry == len(schemas.avro(ORDER, schemas.ORDER))


def test_avro_begins_with_the_number_of_its_schema_and_can_be_read() -> None:
    data = schemas.avro(ORDER, schemas.ORDER, number=259)
    assert struct.unpack(">bI", data[:5]) == (0, 259)
    time = datetime(2026, 1, 31, 12, 0, 0, 123_000, UTC)
    assert read_avro(data, schemas.ORDER) == {**ORDER, "createdAt": time}


KINDS = {
    "text": st.text(st.characters(exclude_categories=["Cs"])),
    "int32": st.integers(-(2**31), 2**31 - 1),
    "int64": st.integers(-(2**63), 2**63 - 1),
    "double": st.floats(allow_nan=False),
    "boolean": st.booleans(),
}


@given(st.fixed_dictionaries(KINDS), st.sampled_from(["", "?"]))
def test_every_value_comes_back(record: dict[str, Any], optional: str) -> None:
    schema = {kind: kind + optional for kind in KINDS}
    assert read_avro(schemas.avro(record, schema), schema) == record


def test_an_optional_field_may_be_missing() -> None:
    schema = {**schemas.ORDER, "note": "text?"}
    assert read_avro(schemas.avro(ORDER, schema), schema)["note"] is None
    assert schemas.connect_schema(schema)["fields"][-1] == {"field": "note", "type": "string", "optional": True}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"qty": "ten"}, r"does not fit its schema: .*qty is <ten>"),
        ({"qty": 2**31}, "qty is <2147483648>"),
        ({"qty": True}, "qty is <True>"),
        ({"qty": None}, "qty.* is None"),
        ({"createdAt": "yesterday"}, "'yesterday' is not a time"),
        ({"colour": "red"}, "has no field colour"),
    ],
)
def test_a_record_that_does_not_fit_is_refused_in_one_line(change: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as caught:
        schemas.avro({**ORDER, **change}, schemas.ORDER)
    assert "\n" not in str(caught.value)


def test_a_type_that_is_none_is_named() -> None:
    with pytest.raises(InvalidInput, match=r"'int' is not a type of a field\. Choose one of text, int32"):
        schemas.connect_schema({"qty": "int"})


def test_the_converter_has_the_schema_or_expects_it_in_the_record() -> None:
    plain, with_schema = schemas.json_converter(schemas.ORDER), schemas.json_converter()
    assert json.loads(plain.pop("value.converter.schema.content")) == schemas.connect_schema(schemas.ORDER)
    assert plain == with_schema


def test_the_keys_follow_the_registry() -> None:
    own = schemas.avro_converter(Lab("127.0.0.1:9", registry_url="http://127.0.0.1:20001/apis/ccompat/v7"))
    assert own["value.converter.apicurio.registry.url"] == "http://127.0.0.1:20001/apis/registry/v2"
    given = schemas.avro_converter(Lab("127.0.0.1:9", registry_url="http://registry:8081"))
    assert given["value.converter"].startswith("io.confluent.")
    assert given["value.converter.schema.registry.url"] == "http://registry:8081"


def test_where_no_registry_runs_one_sentence_says_how_to_start_one() -> None:
    lab = Lab("127.0.0.1:9")
    for ask in (
        lambda: schemas.registry(lab),
        lambda: schemas.avro_converter(lab),
        lambda: schemas.register(lab, "orders", schemas.ORDER),
        lambda: schemas.serializer(lab, "orders", schemas.ORDER),
    ):
        with pytest.raises(LabNotRunning, match=r"no schema registry.*`\./lab registry up`"):
            ask()


def test_the_heavy_packages_are_imported_when_they_are_used() -> None:
    """Confluent's client of a registry takes most of a second."""
    code = "import sys, helpers.schemas; sys.exit('fastavro' in sys.modules or 'authlib' in sys.modules)"
    assert processes.run([sys.executable, "-c", code], timeout=60).returncode == 0

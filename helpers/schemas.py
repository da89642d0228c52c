# SPDX-License-Identifier: Apache-2.0
"""One record in three formats, which differ in where its schema is, and the keys of a connector that read each.

- in each record: Connect's JSON, `connect_json` and `json_converter()`
- in the connector: plain JSON, `plain_json` and `json_converter(schema)`
- in a registry: Avro, `avro` or a `serializer`, and `avro_converter`

A schema is a dictionary of fields and types, such as `ORDER`. Only `registry`, `register`, `forget` and
`serializer` need a server.
"""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from helpers import processes
from helpers.arguments import check_mapping, check_texts, whole_number
from helpers.connect import Config
from helpers.errors import InvalidInput, LabNotRunning
from helpers.lab import Lab
from helpers.stack.servers.registry import CLIENTS, CONVERTER

if TYPE_CHECKING:
    from confluent_kafka.schema_registry import SchemaRegistryClient

Schema = Mapping[str, str]
"""The fields of a record with their types, the names in `TYPES`. A type with a question mark is optional: "text?"."""
Record = Mapping[str, Any]
_Described = tuple[dict[str, Any], str | dict[str, str]]

TYPES: dict[str, _Described] = {
    "text": ({"type": "string"}, "string"),
    "int32": ({"type": "int32"}, "int"),
    "int64": ({"type": "int64"}, "long"),
    "double": ({"type": "double"}, "double"),
    "boolean": ({"type": "boolean"}, "boolean"),
    # In JSON a text (ISO 8601), in Avro milliseconds. Debezium's sink makes a DATETIME column of both.
    "time": (
        {"type": "string", "name": "io.debezium.time.ZonedTimestamp", "version": 1},
        {"type": "long", "logicalType": "timestamp-millis"},
    ),
}
"""Each type of a field, as Kafka Connect describes it, and as Avro does."""

ORDER: Schema = {
    "orderId": "text",
    "productId": "text",
    "qty": "int32",
    "unitPrice": "int64",
    "totalPrice": "int64",
    "createdAt": "time",
}
"""An order of the shop."""


def connect_schema(schema: Schema) -> dict[str, Any]:
    """Return `schema` as Kafka Connect writes it in JSON. Raises `InvalidInput` for a type that is not in `TYPES`."""
    check_mapping("schema", schema)
    fields = [{"field": name, **_type(kind)[0], "optional": kind.endswith("?")} for name, kind in schema.items()]
    return {"type": "struct", "optional": False, "fields": fields}


def avro_schema(schema: Schema, name: str = "Order") -> dict[str, Any]:
    """Return `schema` as Avro describes a record called `name`. Raises as `connect_schema` does."""
    check_mapping("schema", schema)
    return {"type": "record", "name": name, "fields": [_avro_field(field, kind) for field, kind in schema.items()]}


def plain_json(record: Record) -> bytes:
    """Return `record` as JSON without its schema. Raises `InvalidInput` for what JSON or UTF-8 cannot hold."""
    check_mapping("record", record)
    try:
        return json.dumps(record, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise InvalidInput(
            f"The record cannot be written as JSON: {error}.", "Give text, numbers, None, lists, dicts."
        ) from error


def connect_json(record: Record, schema: Schema) -> bytes:
    """Return `record` as JSON with its schema beside it, as Connect's JSON converter writes and reads it. Raises as `avro` does."""
    _for_avro(record, schema)  # a sink would silently cut off a number that does not fit
    return plain_json({"schema": connect_schema(schema), "payload": record})


def avro(record: Record, schema: Schema, *, number: int = 1) -> bytes:
    """Return `record` in Avro, as Confluent's serializers write it, with the `number` of its schema in a registry.

    These are a zero byte, four bytes of the number, and the values without the names of their fields.
    Raises `InvalidInput` if the record does not fit `schema`.
    """
    import fastavro

    whole_number(number, "number", least=0)
    body = io.BytesIO()
    fastavro.schemaless_writer(body, fastavro.parse_schema(avro_schema(schema)), _for_avro(record, schema))
    return struct.pack(">bI", 0, number) + body.getvalue()


def sizes(record: Record, schema: Schema) -> dict[str, int]:
    """Return how many bytes `record` takes in each of the three formats."""
    return {
        "JSON, schema in each record": len(connect_json(record, schema)),
        "JSON, schema in the connector": len(plain_json(record)),
        "Avro, schema in a registry": len(avro(record, schema)),
    }


def json_converter(schema: Schema | None = None) -> Config:
    """Return the keys that let a connector read JSON: with `schema` plain JSON, without it Connect's JSON."""
    known = {"value.converter.schema.content": json.dumps(connect_schema(schema))} if schema else {}
    kind = "org.apache.kafka.connect.json.JsonConverter"
    return {"value.converter": kind, "value.converter.schemas.enable": True, **known}


def avro_converter(lab: Lab) -> Config:
    """Return the keys that let a connector read and write Avro with the schemas of the registry of `lab`.

    For the lab's own registry that is the converter that `./lab registry up` adds to the worker, for another registry
    Confluent's, which that worker must have. Raises `LabNotRunning` if there is no registry.
    """
    url = _url(lab.seen_by_worker)
    if not url.endswith(CLIENTS):
        return {
            "value.converter": "io.confluent.connect.avro.AvroConverter",
            "value.converter.schema.registry.url": url,
        }
    return {
        "value.converter": "io.apicurio.registry.utils.converter.AvroConverter",
        "value.converter.apicurio.registry.url": url.removesuffix(CLIENTS) + CONVERTER,
        # The number of a schema as Confluent's serializers write it: four bytes, and of its content.
        "value.converter.apicurio.registry.as-confluent": True,
        "value.converter.apicurio.registry.use-id": "contentId",
    }


def registry(lab: Lab) -> SchemaRegistryClient:
    """Return Confluent's client of the registry of `lab`. Raises `LabNotRunning` if none runs."""
    from confluent_kafka.schema_registry import SchemaRegistryClient  # takes almost a second

    url = _url(lab)
    if lab.home and not processes.is_listening(urlsplit(url).port or 0):
        raise LabNotRunning(f"The schema registry at {url} does not answer.", "Start it again: `./lab registry up`.")
    client = SchemaRegistryClient({"url": url, "max.retries": 1})
    # Its own session would ask an internet proxy, which cannot reach this computer's loopback, and no setting changes that.
    # And it would keep a connection open for as long as a serializer lives, which nobody closes.
    rest = client._rest_client
    rest.session.close()
    rest.session = type(rest.session)(trust_env=False, timeout=10, headers={"Connection": "close"})
    return client


def register(lab: Lab, topic: str, schema: Schema) -> int:
    """Register `schema` for the values of `topic`, and return its number.

    Raises `InvalidInput`, with the registry's message, if a reader with this schema could not read what was written with
    the one before, and `LabNotRunning` if there is no registry.
    """
    with registry(lab) as client:
        from confluent_kafka import schema_registry as confluent

        try:
            described = confluent.Schema(json.dumps(avro_schema(schema)), "AVRO")
            return int(client.register_schema(f"{topic}-value", described))
        except confluent.SchemaRegistryError as error:
            if error.http_status_code != 409:
                raise
            problem = f"The registry refuses this schema of {topic}-value: {error.error_message}."
            raise InvalidInput(
                problem, 'Old records must stay readable: make a new field optional ("text?").'
            ) from error


def forget(lab: Lab, topic: str) -> None:
    """Delete the schemas of the values of `topic`, if there are any. Raises `LabNotRunning` if there is no registry."""
    subject = f"{topic}-value"
    with registry(lab) as client:
        if subject in client.get_subjects():
            client.delete_subject(subject)  # a registry deletes for good only what is already marked as deleted
            client.delete_subject(subject, permanent=True)


def serializer(lab: Lab, topic: str, schema: Schema) -> Callable[[Record], bytes]:
    """Return a function that writes a record for `topic` in Avro, by Confluent's serializer.

    Its first call registers `schema`. It raises `InvalidInput` for a record that does not fit. Raises `LabNotRunning` if
    there is no registry.
    """
    client = registry(lab)
    from confluent_kafka.schema_registry.avro import AvroSerializer
    from confluent_kafka.serialization import MessageField, SerializationContext

    serialize = AvroSerializer(client, json.dumps(avro_schema(schema)), lambda record, _: _for_avro(record, schema))
    context = SerializationContext(topic, MessageField.VALUE)
    return lambda record: bytes(serialize(record, context) or b"")


def _type(kind: str) -> _Described:
    name = str(kind).removesuffix("?")
    if name not in TYPES:
        raise InvalidInput(f"{kind!r} is not a type of a field.", f"Choose one of {', '.join(TYPES)}.")
    return TYPES[name]


def _avro_field(name: str, kind: str) -> dict[str, Any]:
    described = _type(kind)[1]
    if kind.endswith("?"):
        return {"name": name, "type": ["null", described], "default": None}
    return {"name": name, "type": described}


def _for_avro(record: Record, schema: Schema) -> dict[str, Any]:
    """Return `record` with times in place of texts. Raises `InvalidInput` if it does not fit `schema`.

    Avro itself ignores a field that the schema does not have.
    """
    from fastavro.validation import ValidationError, validate

    check_texts("record", record)
    if more := sorted(record.keys() - schema.keys()):
        raise InvalidInput(f"The schema has no field {', '.join(more)}.", f"It has {', '.join(schema)}.")
    values = {name: _time(value) if schema[name].startswith("time") else value for name, value in record.items()}
    try:
        validate(values, avro_schema(schema))
    except ValidationError as error:
        problem = f"The record does not fit its schema: {'; '.join(map(str, error.errors))}."
        raise InvalidInput(problem, "Correct the record.") from error
    return values


def _time(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return datetime.fromisoformat(value)
    except ValueError as error:
        raise InvalidInput(f"{value!r} is not a time.", "Write it as in 2026-01-31T12:00:00Z.") from error


def _url(lab: Lab) -> str:
    if not lab.registry_url:
        remedy = "Start one with `./lab registry up` and attach again, or set its address (LAB_REGISTRY_URL)."
        raise LabNotRunning("This lab has no schema registry that runs.", remedy)
    return lab.registry_url

# SPDX-License-Identifier: Apache-2.0
"""Kafka's tools as processes: text in any script goes in and comes out, with any encoding of this computer."""

from __future__ import annotations

import locale
import sys
from collections.abc import Iterator, Sequence

import pytest

from helpers import kafka_tools
from helpers.errors import KafkaFailed
from helpers.lab import Lab

ECHO = "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read() + bytes([0xFF]))"
FAIL = "import sys; sys.stderr.buffer.write('실패'.encode() + bytes([0xFF])); sys.exit(1)"


class Program:
    """In place of Java: a program of ours that deals in bytes, as Kafka's tools do."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.flags: Sequence[str] = ()

    def tool(self, main: str, *arguments: str, flags: Sequence[str]) -> list[str]:
        self.flags = flags
        return [sys.executable, "-c", self.source]


@pytest.fixture
def no_utf8() -> Iterator[None]:
    """A machine whose own encoding knows no Korean; on Windows that is for its code page to say."""
    before = locale.setlocale(locale.LC_CTYPE)
    locale.setlocale(locale.LC_CTYPE, "C")
    yield
    locale.setlocale(locale.LC_CTYPE, before)


def test_korean_goes_in_and_comes_out(monkeypatch: pytest.MonkeyPatch, no_utf8: None) -> None:
    program = Program(ECHO)
    monkeypatch.setattr(kafka_tools, "tools_java", lambda cache: program)
    assert kafka_tools.kafka(Lab("127.0.0.1:9"), "console-producer", stdin="안녕") == "안녕\N{REPLACEMENT CHARACTER}"
    assert {"-Dstdout.encoding=UTF-8", "-Dstderr.encoding=UTF-8"} <= set(program.flags)


def test_a_failure_in_korean_is_told(monkeypatch: pytest.MonkeyPatch, no_utf8: None) -> None:
    monkeypatch.setattr(kafka_tools, "tools_java", lambda cache: Program(FAIL))
    with pytest.raises(KafkaFailed, match="kafka-topics failed: 실패"):
        kafka_tools.kafka(Lab("127.0.0.1:9"), "topics", "--list")

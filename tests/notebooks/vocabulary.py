# SPDX-License-Identifier: Apache-2.0
"""The words that the style rules know: names for titles, verbs for what a lesson promises and has kept."""

from __future__ import annotations

import re

NAMES = set(
    re.findall(
        r"\w+",
        """
        Admin API APIs Apache Avro CDC Connect Consumer Debezium JDBC JSON Java JupyterLab KRaft Kafka MariaDB MySQL
        Producer Python REST Streams ZooKeeper
        """,
    )
)
"""Words that keep their capital inside a title."""

VERBS = """
    add answer ask attach balance break/broke build/built cancel catch/caught change check choose/chose
    commit/committed compare configure connect consume convert count crash create decide delete deliver
    demonstrate describe detect diagnose draw/drew drive/drove estimate explain feel/felt fetch find/found fix
    follow get/got give/gave group handle hold/held inspect join keep/kept kill list look lose/lost make/made map
    mark measure mend move name observe open order pause place plan/planned plot/plotted point poll predict
    produce prove publish put/put query reach read/read recognise record recover relate repair replay reproduce
    reset/reset resume retry reuse rewind/rewound run/ran scale see/saw seek/sought send/sent separate set/set
    share show slow sort split/split start state stop/stopped store subscribe tag take/took tell/told test time trace try turn
    understand/understood use verify wait watch work write/wrote
"""
"""What a learning bullet may begin with; after a slash the past tense where it is not regular."""


def _past(verb: str) -> str:
    return re.sub(r"(?<![aeiou])y$", "i", verb).removesuffix("e") + "ed"


PAST = {verb: past or _past(verb) for verb, past in re.findall(r"(\w+)(?:/(\w+))?", VERBS)}
"""Verb to its past tense, which the recap has."""

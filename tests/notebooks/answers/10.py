# SPDX-License-Identifier: Apache-2.0
"""Plausible wrong answers to the exercise of lesson 10, with a part of the hint that each gets."""

WRONG = [
    (
        """
def few_commits(name, table):
    mine = dict(config)
    mine["collection.name.format"] = table
    mine["batch.size"] = 2000
    sent = {"name": name, "config": mine}
    return requests.post(url, json=sent, auth=lab.connect_auth, timeout=30).status_code
""",
        "the sink and its consumer have a limit each",
    ),
    (
        """
def few_commits(name, table):
    mine = dict(config)
    mine["collection.name.format"] = table
    mine["batch.size"] = 2000
    mine["consumer.override.max.poll.records"] = 2000
    return requests.post(url, json=mine, auth=lab.connect_auth, timeout=30).status_code
""",
        "POST name and config",
    ),
]

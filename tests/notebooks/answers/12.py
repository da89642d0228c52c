# SPDX-License-Identifier: Apache-2.0
"""Wrong answers to the exercise of lesson 12, each with a part of the hint that it gets."""

WRONG = [
    (
        """
def two_deaths(stage, place):
    for number in range(100):
        key, value = crash_matrix.order(place, number)
        program.produce(stage.topic, value, key)
    program.flush(10)
    with servers.kill(lab, "connect", stage.database):
        pass
""",
        "100 of 200 orders are in the topic.",
    ),
    (
        """
def two_deaths(stage, place):
    with servers.kill(lab, stage.database):
        for number in range(200):
            key, value = crash_matrix.order(place, number)
            program.produce(stage.topic, value, key)
        program.flush(10)
""",
        "Kill the worker and the database in one block.",
    ),
]

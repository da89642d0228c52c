# SPDX-License-Identifier: Apache-2.0
"""Wrong answers to the exercise of lesson 06, each with a part of the hint that it gets."""

WRONG = [
    (
        """
def root_causes(status):
    if status["connector"]["state"] == "FAILED":
        return [status["connector"]["trace"].split("Caused by: ")[-1].splitlines()[0]]
    return []
""",
        "Look at the states of the tasks.",
    ),
    (
        """
def root_causes(status):
    failed = [task for task in status["tasks"] if task["state"] == "FAILED"]
    return [task["trace"].splitlines()[0] for task in failed]
""",
        "not a list with the first line of the last cause",
    ),
    (
        """
def root_causes(status):
    return [task["trace"].split("Caused by: ")[-1].splitlines()[0] for task in status["tasks"]]
""",
        "Leave out a task that is RUNNING",
    ),
    (
        """
def root_causes(status):
    causes = []
    for task in status["tasks"]:
        if task["state"] == "FAILED":
            causes.append(task["trace"].split("Caused by: ")[1].splitlines()[0])
    return causes
""",
        "the first line of the last cause",
    ),
    (
        """
def root_causes(status):
    for task in status["tasks"]:
        if task["state"] == "FAILED":
            return task["trace"].split("Caused by: ")[-1].splitlines()[0]
""",
        "is not a list",
    ),
]

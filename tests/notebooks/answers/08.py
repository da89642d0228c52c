# SPDX-License-Identifier: Apache-2.0
"""Plausible wrong answers to the exercise of lesson 08, with a part of the hint that each gets."""

WRONG = [
    (
        """
def take(database, order):
    with database:
        lower = "UPDATE stock SET pieces = pieces - ? WHERE product = ?"
        database.execute(lower, [order["qty"], order["productId"]])
""",
        "remember its id",
    ),
    (
        """
def take(database, order):
    known = "SELECT 1 FROM handled WHERE order_id = ?"
    if database.execute(known, [order["orderId"]]).fetchone():
        return
    with database:
        database.execute("INSERT INTO handled VALUES (?)", [order["orderId"]])
    with database:
        lower = "UPDATE stock SET pieces = pieces - ? WHERE product = ?"
        database.execute(lower, [order["qty"], order["productId"]])
""",
        "one transaction",
    ),
]

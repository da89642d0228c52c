# SPDX-License-Identifier: Apache-2.0
"""Wrong answers to the exercise of lesson 11, each with a part of the hint that it gets."""

WRONG = [
    (
        """
def deduct(connection, order):
    enough = "customer = :customer AND points >= :points"
    pay = text(f"UPDATE points SET points = points - :points WHERE {enough}")
    connection.execute(pay, order)
    connection.commit()
""",
        "Every order came twice: remember its id.",
    ),
    (
        """
def deduct(connection, order):
    remember = text("INSERT IGNORE INTO deductions VALUES (:order_id)")
    known = connection.execute(remember, order).rowcount == 0
    connection.commit()
    if not known:
        enough = "customer = :customer AND points >= :points"
        pay = text(f"UPDATE points SET points = points - :points WHERE {enough}")
        connection.execute(pay, order)
        connection.commit()
""",
        "put both statements into one transaction",
    ),
]

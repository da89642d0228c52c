# SPDX-License-Identifier: Apache-2.0
"""Five ways to move orders into another system's table, side by side. In each way a program is killed once, and starts again.

- `comparison` what a lesson calls
- `stage` tables, topic, connectors and programs of one way, from its first order to its last
- `programs` the two programs as processes
- `ways` the five ways: what each needs, and where it dies
- `taker_program` `upsert_program` the program that takes orders; the consumer written by hand
- `orders` the orders, and their tables
"""

from helpers.experiments.five_ways.comparison import COLUMNS, compare, run
from helpers.experiments.five_ways.ways import WAYS, Way

__all__ = ["COLUMNS", "WAYS", "Way", "compare", "run"]

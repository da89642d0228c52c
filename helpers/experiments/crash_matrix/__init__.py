# SPDX-License-Identifier: Apache-2.0
"""The crash matrix: 200 orders, a death, and a count, for each place where it may die and each way to write.

- `matrix` what a lesson fills row by row
- `places` the rows: who dies, and when
- `stage` topic, tables, sinks and consumer, which stand for all rows
- `programs` the sender and the consumer by hand, as processes
- `orders` `writer_program` the sinks and their tables; the consumer by hand
- `order_program` the program that sends orders
"""

from helpers.experiments.crash_matrix.matrix import COLUMNS, Matrix
from helpers.experiments.crash_matrix.order_program import order
from helpers.experiments.crash_matrix.orders import FIELDS, WAYS
from helpers.experiments.crash_matrix.places import PLACES, Fault
from helpers.experiments.crash_matrix.stage import Stage

__all__ = ["COLUMNS", "FIELDS", "PLACES", "WAYS", "Fault", "Matrix", "Stage", "order"]

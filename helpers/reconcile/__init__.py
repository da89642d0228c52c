# SPDX-License-Identifier: Apache-2.0
"""What is lost, doubled, strange and on the way between a topic and the table that a sink makes of it, key by key.

    with watch(lab, topic, "mydb2.orders", "id", group="connect-orders") as found, LivePlot(found):
        ...
    found.samples[-1]

- `recorder` looks again and again beside a pipeline at work
- `reconciler` one look: the order of the questions
- `notes` what must be known beside the numbers
- `table` `topic` the two sides
- `counting` `keys` `difference` what follows from a record and a row; the key of a record; the answer
"""

from helpers.reconcile.difference import Difference, Found, Note
from helpers.reconcile.reconciler import Reconciler, compare
from helpers.reconcile.recorder import Recorder, watch

__all__ = ["Difference", "Found", "Note", "Reconciler", "Recorder", "compare", "watch"]

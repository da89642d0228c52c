# SPDX-License-Identifier: Apache-2.0
"""`Workspace`: the names of one run of a lesson. They are unique, remembered, and cleared at the end or by the next run.

- `names` what a lesson begins and ends with
- `runs` `removal` a run and its file; how what has a name is removed
"""

from helpers.workspace.names import WELL_KNOWN, Workspace

__all__ = ["WELL_KNOWN", "Workspace"]

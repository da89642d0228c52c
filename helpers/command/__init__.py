# SPDX-License-Identifier: Apache-2.0
"""The `lab` command. Nothing else imports it.

- `cli` the verbs and options
- `groups` `classroom` the verbs that have verbs of their own
- `doctor` `jupyter` `shop` `testing` what a verb does: check the computer, run JupyterLab, run the shop, run the tests
- `reconciling` compare a topic with a table
- `console` lines, bars and tables on the terminal
"""

# SPDX-License-Identifier: Apache-2.0
"""The `lab` command. Nothing else imports it.

- `cli` the verbs and options
- `doctor` `jupyter` `reconciling` `testing` what a verb does: check the computer, run JupyterLab, compare, run the tests
- `console` lines, bars and tables on the terminal
"""

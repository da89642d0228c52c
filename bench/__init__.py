# SPDX-License-Identifier: Apache-2.0
"""What `lab bench` runs: each part a module whose `measure` yields rows, on a lab of its own."""

# SPDX-License-Identifier: Apache-2.0
"""Benchmarks: each measures the stack next to the alternative, in the same run."""

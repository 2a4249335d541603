# SPDX-License-Identifier: Apache-2.0
"""Recorded and generated drives: import, generate, replay, record."""

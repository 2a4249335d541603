# SPDX-License-Identifier: Apache-2.0
"""Ego motion: samples in, the history before t0 out."""

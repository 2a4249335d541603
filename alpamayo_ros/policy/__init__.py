# SPDX-License-Identifier: Apache-2.0
"""Policies: from an observation to a prediction."""

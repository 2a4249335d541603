# SPDX-License-Identifier: Apache-2.0
"""From a trajectory to a plan that a vehicle may follow."""

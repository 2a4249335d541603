# SPDX-License-Identifier: Apache-2.0
"""What the nodes share: parameters, conversions, QoS, diagnostics, the node base."""

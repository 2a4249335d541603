# SPDX-License-Identifier: Apache-2.0
"""One file per node: parameters, topics, lifecycle; no algorithm."""

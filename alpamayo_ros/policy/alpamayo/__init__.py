# SPDX-License-Identifier: Apache-2.0
"""Our own runtime of the Alpamayo models: R1 and 1.5 in PyTorch."""

# SPDX-License-Identifier: Apache-2.0
"""What a passenger's words may do."""

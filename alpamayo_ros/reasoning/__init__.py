# SPDX-License-Identifier: Apache-2.0
"""What a trace says, what a trajectory does, and whether the two agree."""

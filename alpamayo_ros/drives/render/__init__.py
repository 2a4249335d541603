# SPDX-License-Identifier: Apache-2.0
"""Pictures of the generated world: ground and sky by lookup per pixel, solids by polygons."""

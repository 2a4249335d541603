# SPDX-License-Identifier: Apache-2.0
"""The generated world: road, lights, traffic, the ego vehicle, and a driver for it."""

# SPDX-License-Identifier: Apache-2.0
"""A ROS 2 node suite that runs the Alpamayo vision-language-action models on a vehicle."""

__version__ = "0.1.0"

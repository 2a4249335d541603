# SPDX-License-Identifier: Apache-2.0
"""Images: which camera is which, decoding, the frame store, and the frames of a tick."""

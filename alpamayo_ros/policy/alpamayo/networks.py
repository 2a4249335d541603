# SPDX-License-Identifier: Apache-2.0
"""The three networks of an Alpamayo model, and how a checkpoint names their tensors."""

from __future__ import annotations

import torch
from torch import nn

from alpamayo_ros.policy.alpamayo.config import ModelConfig
from alpamayo_ros.policy.alpamayo.expert import Expert
from alpamayo_ros.policy.alpamayo.text import TextModel
from alpamayo_ros.policy.alpamayo.vision import VisionTower


class Networks(nn.Module):
    """Vision tower, text model and action expert on one device; parameters not initialised."""

    def __init__(self, config: ModelConfig, device: torch.device | str, dtype: torch.dtype) -> None:
        super().__init__()
        device = torch.device(device)
        self.config = config
        self.device = device
        self.dtype = dtype
        self.vision = VisionTower(config.vision, device=device, dtype=dtype)
        self.text = TextModel(
            config.text,
            config.vocabulary.size,
            tied=config.tied_embeddings,
            device=device,
            dtype=dtype,
        )
        self.expert = Expert(config.expert, config.action_in, device=device, dtype=dtype)

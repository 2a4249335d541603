# SPDX-License-Identifier: Apache-2.0
"""The network that reads sentences, for training; at run time ``classifier`` runs what it exports.

A pretrained sentence encoder (the first layers of all-MiniLM-L6-v2, Apache-2.0: a BERT of width
384, Wang et al. 2020, "MiniLM") with heads: what the sentence is, whether it is English, which
manoeuvres it asks for and where in the sentence, and which words name a destination.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from alpamayo_ros.commands.pieces import MAX_PIECES

WIDTH = 384
HEADS = 12
INNER = 4 * WIDTH
_EPSILON = 1e-12
_FAR = -1e4
"""Added to the score of a padded place."""


class Layer(nn.Module):
    """One post-norm transformer layer (Vaswani et al. 2017, as in BERT)."""

    def __init__(self) -> None:
        super().__init__()
        self.queries_keys_values = nn.Linear(WIDTH, 3 * WIDTH)
        self.attended = nn.Linear(WIDTH, WIDTH)
        self.after_attention = nn.LayerNorm(WIDTH, eps=_EPSILON)
        self.up = nn.Linear(WIDTH, INNER)
        self.down = nn.Linear(INNER, WIDTH)
        self.after_inner = nn.LayerNorm(WIDTH, eps=_EPSILON)
        self.dropout = nn.Dropout(0.1)

    def forward(self, hidden: Tensor, padding: Tensor | None) -> Tensor:
        """``hidden`` (sentences, places, width); ``padding`` is added to the attention scores."""
        batch, places, _ = hidden.shape
        split = self.queries_keys_values(hidden).view(batch, places, 3, HEADS, WIDTH // HEADS)
        queries, keys, values = split.permute(2, 0, 3, 1, 4).unbind(0)
        scores = queries @ keys.transpose(-1, -2) * (WIDTH // HEADS) ** -0.5
        if padding is not None:
            scores = scores + padding
        mixed = (scores.softmax(-1) @ values).transpose(1, 2).reshape(batch, places, WIDTH)
        hidden = self.after_attention(hidden + self.dropout(self.attended(mixed)))
        inner = self.down(functional.gelu(self.up(hidden)))
        return self.after_inner(hidden + self.dropout(inner))  # type: ignore[no-any-return]


class Network(nn.Module):
    """Embedded pieces in; logits of labels, intents and destination words, and places out.

    ``taken``: numbers of the published layers it starts from. The embeddings of the pieces are not
    part of it: they stay as they are published, so that words which no sentence of the training
    holds keep their meaning, and so that several networks can share them.
    """

    def __init__(self, taken: Sequence[int], labels: int, intents: int) -> None:
        super().__init__()
        self.taken = tuple(taken)
        self.places = nn.Embedding(MAX_PIECES, WIDTH)
        self.embedded = nn.LayerNorm(WIDTH, eps=_EPSILON)
        self.dropout = nn.Dropout(0.1)
        self.layers = nn.ModuleList(Layer() for _ in self.taken)
        self.attention = nn.Linear(WIDTH, 1 + intents)
        """Where to look: one for the label, one for each intent."""
        self.label = nn.Linear(2 * WIDTH, labels)
        self.foreign = nn.Linear(2 * WIDTH, 1)
        self.intent_there = nn.Linear(WIDTH, intents)
        self.intent_overall = nn.Linear(WIDTH, intents)
        self.destination = nn.Linear(WIDTH, 1)

    def forward(
        self, embedded: Tensor, mask: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Return logits of labels, of another language than English and of intents.

        Also the place [pieces] of each intent, and logits of destination words. ``embedded``
        (sentences, places, width); ``mask`` is 1 where a piece is and 0 where padding is.
        """
        hidden = embedded + self.places.weight[: embedded.shape[1]]
        hidden = self.dropout(self.embedded(hidden))
        padding = None if mask is None else (1.0 - mask) * _FAR
        for layer in self.layers:
            hidden = layer(hidden, None if padding is None else padding[:, None, None, :])
        scores = self.attention(hidden)
        if padding is not None:
            scores = scores + padding[..., None]
        looks = scores.softmax(1)
        if mask is None:
            mean = hidden.mean(1)
        else:
            mean = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        seen = (looks[..., :1] * hidden).sum(1)
        both = self.dropout(torch.cat([mean, seen], 1))
        there = self.intent_there(self.dropout(hidden))
        intents = (looks[..., 1:] * there).sum(1) + self.intent_overall(both[:, :WIDTH])
        numbers = torch.arange(embedded.shape[1], dtype=hidden.dtype)
        places = (looks[..., 1:] * numbers[None, :, None]).sum(1)
        named = self.destination(hidden)[..., 0]
        return self.label(both), self.foreign(both)[:, 0], intents, places, named

    def take_pretrained(self, weights: Mapping[str, Tensor]) -> None:
        """Copy the encoder's weights by their names in the published checkpoint."""
        with torch.no_grad():
            # every piece is of the first segment
            segment = weights["embeddings.token_type_embeddings.weight"][0]
            positions = weights["embeddings.position_embeddings.weight"][:MAX_PIECES]
            self.places.weight.copy_(positions + segment)
            for part in ("weight", "bias"):
                _copy(self.embedded, part, weights[f"embeddings.LayerNorm.{part}"])
                for number, layer in zip(self.taken, self._own_layers(), strict=True):
                    at = f"encoder.layer.{number}"
                    split = [
                        weights[f"{at}.attention.self.{name}.{part}"]
                        for name in ("query", "key", "value")
                    ]
                    _copy(layer.queries_keys_values, part, torch.cat(split))
                    for module, name in (
                        (layer.attended, "attention.output.dense"),
                        (layer.after_attention, "attention.output.LayerNorm"),
                        (layer.up, "intermediate.dense"),
                        (layer.down, "output.dense"),
                        (layer.after_inner, "output.LayerNorm"),
                    ):
                        _copy(module, part, weights[f"{at}.{name}.{part}"])
            # looks everywhere at first
            self.attention.weight.mul_(0.1)

    def _own_layers(self) -> list[Layer]:
        return [layer for layer in self.layers if isinstance(layer, Layer)]

    def export(self, path: Path) -> None:
        """Write the network for one sentence of any length, in ONNX and single precision."""
        self.eval()
        example = torch.zeros(1, 12, WIDTH)
        torch.onnx.export(
            self,
            (example,),
            str(path),
            input_names=["embedded"],
            output_names=["labels", "foreign", "intents", "places", "destination"],
            dynamic_axes={"embedded": {1: "places"}, "destination": {1: "places"}},
            opset_version=17,
            dynamo=False,
        )


def _copy(module: nn.Module, part: str, weight: Tensor) -> None:
    module.get_parameter(part).copy_(weight)

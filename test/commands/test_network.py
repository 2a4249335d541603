# SPDX-License-Identifier: Apache-2.0
"""The network as it is trained."""

from __future__ import annotations

import torch

from alpamayo_ros.commands.network import WIDTH, Network


def test_padding_changes_nothing() -> None:
    torch.manual_seed(0)
    network = Network((0, 3), labels=4, intents=23).eval()
    one, two = torch.randn(1, 5, WIDTH), torch.randn(1, 9, WIDTH)
    padded = torch.zeros(2, 9, WIDTH)
    padded[0, :5], padded[1] = one[0], two[0]
    mask = torch.tensor([[1.0] * 5 + [0.0] * 4, [1.0] * 9])
    together = network(padded, mask)
    for row, alone in enumerate((network(one), network(two))):
        for a, b in zip(together, alone, strict=True):
            length = b.shape[1] if b.dim() == 2 else None
            torch.testing.assert_close(
                a[row] if length is None else a[row, :length], b[0], rtol=1e-4, atol=1e-5
            )


def test_it_starts_from_the_layers_it_takes() -> None:
    network = Network((1,), labels=4, intents=23)
    shapes = {
        "embeddings.token_type_embeddings.weight": (2, WIDTH),
        "embeddings.position_embeddings.weight": (512, WIDTH),
        "embeddings.LayerNorm.weight": (WIDTH,),
        "embeddings.LayerNorm.bias": (WIDTH,),
    }
    for name in ("query", "key", "value"):
        shapes[f"encoder.layer.1.attention.self.{name}.weight"] = (WIDTH, WIDTH)
        shapes[f"encoder.layer.1.attention.self.{name}.bias"] = (WIDTH,)
    for name, (rows, columns) in {
        "attention.output.dense": (WIDTH, WIDTH),
        "intermediate.dense": (4 * WIDTH, WIDTH),
        "output.dense": (WIDTH, 4 * WIDTH),
    }.items():
        shapes[f"encoder.layer.1.{name}.weight"] = (rows, columns)
        shapes[f"encoder.layer.1.{name}.bias"] = (rows,)
    for name in ("attention.output.LayerNorm", "output.LayerNorm"):
        for part in ("weight", "bias"):
            shapes[f"encoder.layer.1.{name}.{part}"] = (WIDTH,)
    weights = {name: torch.randn(shape) for name, shape in shapes.items()}
    network.take_pretrained(weights)
    layer = next(iter(network.layers))
    joined = [
        weights[f"encoder.layer.1.attention.self.{n}.weight"] for n in ("query", "key", "value")
    ]
    assert torch.equal(layer.get_parameter("queries_keys_values.weight"), torch.cat(joined))
    assert torch.equal(
        network.places.weight[3],
        weights["embeddings.position_embeddings.weight"][3]
        + weights["embeddings.token_type_embeddings.weight"][0],
    )

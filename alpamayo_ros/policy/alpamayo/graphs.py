# SPDX-License-Identifier: Apache-2.0
"""CUDA graphs: a fixed piece of work on fixed tensors, launched at once.

Neither a Python nor a launch overhead per layer remains, and nothing is allocated when it runs:
what the work needs in between lies in the graph's own memory.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import torch

_WARM_UP_RUNS = 2
"""Before a capture: libraries choose their kernels and make their workspaces."""


class Graph:
    """Runs ``work``, which reads and writes the same tensors each time.

    On CUDA the first call captures it and later calls replay it; elsewhere it is just called.
    ``work`` must be repeatable with the same inputs, take its inputs from tensors that stay where
    they are, leave its results in such tensors, and must not wait for the device.
    """

    _pools: ClassVar[dict[torch.device, Any]] = {}

    def __init__(self, work: Callable[[], None], device: torch.device) -> None:
        self._work = work
        self._device = device
        self._graph: torch.cuda.CUDAGraph | None = None

    def __call__(self) -> None:
        """Do the work once."""
        if self._device.type != "cuda":
            self._work()
            return
        if self._graph is None:
            self._graph = self._capture()
        self._graph.replay()

    def _capture(self) -> torch.cuda.CUDAGraph:
        stream = torch.cuda.Stream(self._device)
        stream.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(stream):
            for _ in range(_WARM_UP_RUNS):
                self._work()
        torch.cuda.current_stream(self._device).wait_stream(stream)
        # one memory for all: none leaves anything in it that another one reads
        pool = self._pools.setdefault(self._device, torch.cuda.graph_pool_handle())
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=pool):
            self._work()
        return graph

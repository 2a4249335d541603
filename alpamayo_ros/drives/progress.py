# SPDX-License-Identifier: Apache-2.0
"""How far something is: a bar on a terminal, a line now and then anywhere else."""

from __future__ import annotations

import sys

from tqdm import tqdm

_STEP = 0.1
_FORMAT = "{desc} {percentage:3.0f}% |{bar}| {n:.1f}/{total:.1f} s [{elapsed}<{remaining}]"


class Progress:
    """Progress on stderr towards ``total_s`` seconds of a drive; a context manager."""

    def __init__(self, what: str, total_s: float, shown: bool = True) -> None:
        self._what = what
        self._total_s = max(total_s, 1e-9)
        self._shown = shown
        self._told = 0.0
        self._bar = (
            tqdm(total=self._total_s, desc=what, file=sys.stderr, bar_format=_FORMAT, leave=True)
            if shown and sys.stderr.isatty()
            else None
        )

    def at(self, time_s: float) -> None:
        """Tell how far it is now."""
        time_s = min(time_s, self._total_s)
        if self._bar is not None:
            self._bar.update(time_s - self._bar.n)
            return
        share = time_s / self._total_s
        if self._shown and share >= self._told + _STEP - 1e-9:
            self._told = share
            line = f"{self._what} {share:4.0%}  {time_s:.1f}/{self._total_s:.1f} s"
            print(line, file=sys.stderr, flush=True)

    def close(self) -> None:
        """Leave the bar where it is."""
        if self._bar is not None:
            self._bar.close()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

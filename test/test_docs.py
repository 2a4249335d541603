# SPDX-License-Identifier: Apache-2.0
"""The documentation says what the code does."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).resolve().parents[1] / "docs"


def _script(name: str) -> ModuleType:
    specification = importlib.util.spec_from_file_location(f"docs_{name}", DOCS / f"{name}.py")
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    return module


def test_the_parameter_reference_matches_the_nodes() -> None:
    assert (DOCS / "parameters.md").read_text() == _script("generate").parameters()


def test_the_message_reference_matches_the_definitions() -> None:
    assert (DOCS / "messages.md").read_text() == _script("generate").messages()


def test_the_node_graph_matches_the_running_stack() -> None:
    draw = _script("draw_graph")
    page = (DOCS / "architecture.md").read_text()
    drawn = page.split(draw.BEGIN)[1].split(draw.END)[0].strip()
    assert drawn == draw.mermaid(draw.observe_running_stack())


PAGES = sorted([DOCS.parent / "README.md", *DOCS.glob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"

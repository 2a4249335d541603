# SPDX-License-Identifier: Apache-2.0
"""The shape of the code: who imports whom, licence headers, names that must not appear."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "alpamayo_ros"
MIDDLE = ("cameras", "ego", "commands", "reasoning", "planning", "policy")
OUTER = ("nodes", "drives", "views", "ros")
MESSAGE_SUFFIX = "_msgs"


def _modules(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (PACKAGE / folder).rglob("*.py"))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("path", _modules(*MIDDLE), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_the_middle_knows_no_ros_and_no_node(path: Path) -> None:
    for name in _imports(path):
        first, _, rest = name.partition(".")
        assert first != "rclpy", f"{path.name} imports {name}"
        assert not first.endswith(MESSAGE_SUFFIX), f"{path.name} imports {name}"
        if first == "alpamayo_ros":
            assert not rest.startswith(OUTER), f"{path.name} imports {name}"


def test_types_import_nothing_of_ours() -> None:
    assert not [name for name in _imports(PACKAGE / "types.py") if name.startswith("alpamayo")]


def test_torch_is_imported_by_the_model_runtime_and_for_training_only() -> None:
    training = [PACKAGE / "commands" / name for name in ("network.py", "train.py")]
    for path in PACKAGE.rglob("*.py"):
        if path in training:
            continue
        names = [name.rpartition(".")[2] for name in _imports(path)]
        assert not {"network", "train"}.intersection(names), f"{path} trains"
        if "policy/alpamayo" not in path.as_posix():
            assert not [name for name in _imports(path) if name.split(".")[0] == "torch"], path


@pytest.mark.parametrize("name", ["parameters.py", "processes.py", "wheels.py"])
def test_what_runs_before_ros_imports_no_rclpy(name: str) -> None:
    tree = ast.parse((PACKAGE / "ros" / name).read_text())
    top = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    names = [alias.name for node in top if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in top if isinstance(node, ast.ImportFrom)]
    assert not [name for name in names if name.split(".")[0] == "rclpy"]


def test_every_python_file_has_a_licence_header() -> None:
    files = [
        path
        for folder in ("alpamayo_ros", "bench", "launch", "test")
        for path in (ROOT / folder).rglob("*.py")
    ]
    missing = [str(p) for p in files if "SPDX-License-Identifier: Apache-2.0" not in p.read_text()]
    assert not missing

# SPDX-License-Identifier: Apache-2.0
"""Install the ROS package alpamayo_ros (ament_python)."""

from pathlib import Path

from setuptools import find_packages, setup

PACKAGE = "alpamayo_ros"
NODES = (
    "camera_sync", "ego_motion", "mode_expert", "recorder", "trajectory_publisher", "visualizer",
    "vla_inference",
)  # fmt: skip

setup(
    name=PACKAGE,
    version="0.1.0",
    packages=find_packages(include=[PACKAGE, f"{PACKAGE}.*"]),
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{PACKAGE}"]),
        (f"share/{PACKAGE}", ["package.xml"]),
        *(
            (f"share/{PACKAGE}/{folder}", [str(path) for path in sorted(Path(folder).glob("*.*"))])
            for folder in ("launch", "params", "rviz")
        ),
    ],
    install_requires=["setuptools"],
    package_data={"alpamayo_ros.commands": ["data/model/*"]},
    zip_safe=False,
    maintainer="alpamayo_ros maintainers",
    maintainer_email="maintainers@alpamayo-ros.invalid",
    description="A node suite that runs NVIDIA's Alpamayo models on a vehicle.",
    license="Apache-2.0",
    entry_points={
        "console_scripts": [
            *(f"{node} = {PACKAGE}.nodes.{node}:main" for node in NODES),
            f"composed = {PACKAGE}.nodes.composed:main",
            f"alpamayo = {PACKAGE}.__main__:main",
        ],
    },
)

# SPDX-License-Identifier: Apache-2.0
"""Make a ROS 2 that was installed from wheels able to build interface packages.

Run once after installing: ``python -m alpamayo_ros.ros.wheels PREFIX WORKSPACE``.
"""

import re
import sys
import sysconfig
from pathlib import Path

import numpy as np
from rosbags.typesys import Stores, get_typestore

# Interface packages the nodes use that no wheel carries, with the message types they need.
_MISSING_PACKAGES = {"tf2_msgs": (["tf2_msgs/msg/TFMessage"], ["geometry_msgs"])}

_NUMPY_INCLUDE = re.compile(r"/opt/[^;\"]*/numpy/(?:_core|core)/include")
_PYTHON_INCLUDE = re.compile(r"/opt/[^;\"]*/include/python3\.\d+")


def repair_cmake_exports(prefix: Path) -> int:
    """Point the exported CMake files at this interpreter's headers; return how many changed.

    The files name the include folders of the machine that built the wheels, and CMake refuses
    to generate when they do not exist.
    """
    repaired = 0
    for path in prefix.glob("share/*/cmake/*Export.cmake"):
        text = path.read_text()
        fixed = _NUMPY_INCLUDE.sub(np.get_include(), text)
        fixed = _PYTHON_INCLUDE.sub(sysconfig.get_paths()["include"], fixed)
        if fixed != text:
            path.write_text(fixed)
            repaired += 1
    return repaired


def write_missing_packages(prefix: Path, workspace: Path) -> list[Path]:
    """Write sources for the interface packages that have no wheel; return their folders."""
    store = get_typestore(Stores.ROS2_KILTED)
    written = []
    for package, (types, depends) in _MISSING_PACKAGES.items():
        if (prefix / "share" / package / "package.xml").exists():
            continue
        folder = workspace / package
        for name in types:
            definition, _ = store.generate_msgdef(name, ros_version=2)
            source = folder / "msg" / f"{name.rsplit('/', 1)[1]}.msg"
            source.parent.mkdir(parents=True, exist_ok=True)
            source.write_text(definition.split("=" * 80)[0])
        files = " ".join(f'"msg/{name.rsplit("/", 1)[1]}.msg"' for name in types)
        (folder / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.8...3.28)\n"
            f"project({package})\n"
            "find_package(ament_cmake REQUIRED)\n"
            "find_package(rosidl_default_generators REQUIRED)\n"
            + "".join(f"find_package({name} REQUIRED)\n" for name in depends)
            + f"rosidl_generate_interfaces({package} {files} DEPENDENCIES {' '.join(depends)})\n"
            "ament_package()\n"
        )
        (folder / "package.xml").write_text(
            '<package format="3">\n'
            f"  <name>{package}</name><version>0.0.0</version>\n"
            f"  <description>Interfaces of {package} for a ROS from wheels.</description>\n"
            '  <maintainer email="maintainers@alpamayo-ros.invalid">alpamayo_ros</maintainer>\n'
            "  <license>Apache-2.0</license>\n"
            "  <buildtool_depend>ament_cmake</buildtool_depend>\n"
            "  <buildtool_depend>rosidl_default_generators</buildtool_depend>\n"
            + "".join(f"  <depend>{name}</depend>\n" for name in depends)
            + "  <exec_depend>rosidl_default_runtime</exec_depend>\n"
            "  <member_of_group>rosidl_interface_packages</member_of_group>\n"
            "  <export><build_type>ament_cmake</build_type></export>\n"
            "</package>\n"
        )
        written.append(folder)
    return written


def main() -> int:
    """Repair the wheels under sys.argv[1] and write missing packages below sys.argv[2]."""
    prefix, workspace = Path(sys.argv[1]), Path(sys.argv[2])
    repair_cmake_exports(prefix)
    write_missing_packages(prefix, workspace)
    return 0


if __name__ == "__main__":
    sys.exit(main())

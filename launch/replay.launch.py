# SPDX-License-Identifier: Apache-2.0
"""The stack on a recorded drive: everything follows the bag's clock.

    ros2 launch alpamayo_ros replay.launch.py bag:=/path/to/bag params_file:=/path/to/vehicle.yaml

Takes every argument of alpamayo.launch.py too. `./run replay BAG` needs no ROS installation and
writes a report.
"""

from pathlib import Path

from launch import LaunchDescription
from launch.actions import (
    DeclareLaunchArgument,
    ExecuteProcess,
    IncludeLaunchDescription,
    RegisterEventHandler,
    Shutdown,
)
from launch.event_handlers import OnProcessExit
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration


def generate_launch_description() -> LaunchDescription:
    player = ExecuteProcess(
        cmd=[
            "ros2", "bag", "play", LaunchConfiguration("bag"),
            "--clock", "100",
            "--rate", LaunchConfiguration("rate"),
            "--delay", LaunchConfiguration("delay"),
        ],
        name="player",
        output="screen",
    )  # fmt: skip
    return LaunchDescription(
        [
            DeclareLaunchArgument("bag", description="Bag to play."),
            DeclareLaunchArgument("rate", default_value="1.0", description="Speed of the replay."),
            DeclareLaunchArgument(
                "delay", default_value="3.0", description="Seconds the nodes get to start."
            ),
            IncludeLaunchDescription(
                PythonLaunchDescriptionSource(str(Path(__file__).with_name("alpamayo.launch.py"))),
                launch_arguments={"use_sim_time": "true"}.items(),
            ),
            RegisterEventHandler(
                OnProcessExit(
                    target_action=player, on_exit=[Shutdown(reason="the bag has been played")]
                )
            ),
            player,
        ]
    )

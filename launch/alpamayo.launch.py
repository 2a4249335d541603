# SPDX-License-Identifier: Apache-2.0
"""The whole stack: lifecycle nodes that configure and activate themselves; with rviz, on demand.

    ros2 launch alpamayo_ros alpamayo.launch.py params_file:=/path/to/vehicle.yaml

`ros2 launch alpamayo_ros alpamayo.launch.py --show-args` lists the arguments.
"""

from dataclasses import replace

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import (
    DeclareLaunchArgument,
    EmitEvent,
    LogInfo,
    OpaqueFunction,
    RegisterEventHandler,
    SetEnvironmentVariable,
)
from launch.event_handlers import OnProcessExit
from launch.events import Shutdown
from launch.events.process import ProcessExited
from launch_ros.actions import LifecycleNode, Node

from alpamayo_ros.ros.bringup import (
    ARGUMENTS,
    EXIT_CONFIGURATION,
    PACKAGE,
    RESPAWN_DELAY_S,
    Bringup,
    StackProcess,
    bringup_from_arguments,
    share_folder,
)
from alpamayo_ros.ros.middleware import environment


def generate_launch_description() -> LaunchDescription:
    return LaunchDescription(
        [
            *(
                DeclareLaunchArgument(
                    argument.name,
                    default_value=argument.default,
                    description=argument.description,
                    choices=None if argument.is_flag else list(argument.choices) or None,
                )
                for argument in ARGUMENTS
            ),
            OpaqueFunction(function=bring_up),
        ]
    )


def bring_up(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Check arguments and params files, then start the processes."""
    given = {argument.name: context.launch_configurations[argument.name] for argument in ARGUMENTS}
    bringup = bringup_from_arguments(given)
    nodes = [start(process, bringup) for process in bringup.processes]
    wanted = environment(context.environment, bringup.sends_pixels())
    return [
        *(
            SetEnvironmentVariable(name, value)
            for name, value in wanted.items()
            if context.environment.get(name) != value
        ),
        *(
            RegisterEventHandler(OnProcessExit(target_action=node, on_exit=stop_when_misconfigured))
            for node in nodes
        ),
        *nodes,
        *([viewer(bringup)] if given["rviz"].lower() == "true" else []),
    ]


def viewer(bringup: Bringup) -> Node:
    """Return the action that runs rviz2 in the stack's namespace, on its odometry frame."""
    frame = bringup.check()["ego_motion"]["odometry_frame"]
    arguments = ["-d", str(share_folder() / "rviz" / "alpamayo.rviz")]
    return Node(
        package="rviz2",
        executable="rviz2",
        name="rviz",
        namespace=bringup.namespace,
        arguments=[*arguments, *(["-f", str(frame)] if frame else [])],
        parameters=[{"use_sim_time": bringup.use_sim_time}],
        remappings=list(bringup.remappings.items()),
    )


def start(process: StackProcess, bringup: Bringup) -> Node:
    """Return the action that runs one process and starts it again when it dies."""
    common = {
        "package": PACKAGE,
        "executable": process.name,
        "output": "screen",
        "emulate_tty": True,
        "respawn": bringup.respawn,
        "respawn_delay": RESPAWN_DELAY_S,
        # given to launch, not to the process, so that it goes below a namespace from outside
        "namespace": bringup.namespace,
        "arguments": replace(bringup, namespace="").arguments(process),
    }
    if bringup.composed:
        return Node(**common)
    # autostart is the node's own: a process that is started again must not wait for a manager
    return LifecycleNode(name=process.name, **common)


def stop_when_misconfigured(
    event: ProcessExited, context: LaunchContext
) -> list[LaunchDescriptionEntity]:
    """End the launch when a process says that it cannot work as it is configured."""
    if event.returncode != EXIT_CONFIGURATION:
        return []
    reason = f"{event.process_name}: configuration error, see above"
    return [LogInfo(msg=reason), EmitEvent(event=Shutdown(reason=reason))]

# SPDX-License-Identifier: Apache-2.0
"""Run a module as a supervised process: ``python -m alpamayo_ros.ros.child MODULE [ARGUMENT ...]``.

The supervisor holds the other end of standard input and never writes to it, so its end is the end
of the supervisor, however that came about. (The kernel's parent-death signal would be tied to the
thread that started the process, and could not give the node time to leave in order.)
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import time

_GRACE_S = 3.0


def _leave_with_supervisor() -> None:
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE_S)
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Run the module named first, with the arguments after it."""
    threading.Thread(target=_leave_with_supervisor, name="supervisor", daemon=True).start()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()

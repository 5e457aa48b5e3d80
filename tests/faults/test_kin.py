"""The end of all descendants, at the moment at which one of them is adopted."""

import subprocess
import sys

import pytest

from tests.processes import gone

ENDS_ALL = """
import os, signal, sys
from kb.run import kin

kin.adopt_orphans()
lifeline, _ = os.pipe()
told, tell = os.pipe()
watch = kin.Watch(lifeline, ())
child = os.fork()
if not child:
    if not os.fork():
        os.setsid()
        os.write(tell, b"%d" % os.getpid())
    os.closerange(0, 3)  # whoever reads what this program prints must not wait for them
    signal.pause()
print(os.read(told, 20).decode(), flush=True)

look = kin.children


def look_and_be_late():
    found = look()  # sees the child; the grandchild is not adopted before that is killed
    kin.children = look
    os.kill(child, signal.SIGKILL)
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    return found


kin.children = look_and_be_late
watch.end(signal.SIGKILL)
print(len(look()))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="adoption is a thing of Linux")
def test_a_process_that_is_adopted_while_its_parent_is_looked_at_is_ended():
    done = subprocess.run([sys.executable, "-c", ENDS_ALL], capture_output=True, text=True, check=True)
    grandchild, left = map(int, done.stdout.split())
    assert gone(grandchild)
    assert left == 0

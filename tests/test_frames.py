"""The line of the reader's own code in a traceback."""

import pytest

from kb.messages.failures import failures_in, visible_lines
from kb.messages.frames import Frame, own_frame

LIBRARY_FRAME = """  File "/opt/lib/python3.12/site-packages/torch/nn/modules/linear.py", line 125, in forward
    return F.linear(input, self.weight, self.bias)
"""
HEAD = "Traceback (most recent call last):\n"
OWN = """  File "/home/me/train.py", line 41, in <module>
    main()
"""


def frame_of(text: str) -> Frame | None:
    """The frame of the last failure in a text."""
    lines = list(visible_lines(text))
    return own_frame(lines, failures_in(lines)[-1].line)


def test_the_nearest_frame_that_is_no_librarys_is_found():
    text = f'{HEAD}{OWN}  File "net.py", line 7, in forward\n    y = f(x)\n        ^^^^\n{LIBRARY_FRAME}RuntimeError: x\n'
    assert frame_of("step 1\n" * 30 + text) == Frame("net.py", 7, "y = f(x)")


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}{LIBRARY_FRAME}RuntimeError: x\n",
        f"{HEAD}{OWN}ValueError: y\n\nDuring handling:\n\n{HEAD}{LIBRARY_FRAME}RuntimeError: x\n",
        "RuntimeError: x\n",
        'HEAD\n  File "<frozen runpy>", line 88, in _run_code\nRuntimeError: x\n',
    ],
    ids=["only libraries", "of another exception", "no traceback", "frozen"],
)
def test_there_is_none_rather_than_a_wrong_one(text):
    assert frame_of(text) is None


def test_a_frame_without_its_line_of_code():
    assert frame_of(f'{HEAD}  File "<stdin>", line 1, in <module>\nRuntimeError: x\n') == Frame("<stdin>", 1)
    frames = '  File "a.py", line 1, in f\n  File "b.py", line 2, in g\n'
    assert frame_of(f"{HEAD}{frames}RuntimeError: x\n") == Frame("b.py", 2)


def test_prefixes_of_launchers_and_workers_are_no_obstacle():
    text = "".join(f"[rank0]: {line}\n" for line in f"{HEAD}{OWN}{LIBRARY_FRAME}RuntimeError: x".split("\n"))
    assert frame_of(text) == Frame("/home/me/train.py", 41, "main()")
    inner = f"{HEAD}{OWN}RuntimeError: Caught RuntimeError in DataLoader worker process 0.\nOriginal {HEAD}"
    data = '  File "data.py", line 5, in __getitem__\n    return self.x[i]\nIndexError: x\n'
    assert frame_of(inner + data) == Frame("data.py", 5, "return self.x[i]")


def test_notebooks_name_cells():
    text = """---------------------------------------------------------------------------
RuntimeError                              Traceback (most recent call last)
Cell In[5], line 2
      1 x = torch.ones(2)
----> 2 layer(x)

File /opt/lib/python3.12/site-packages/torch/nn/modules/module.py:1739, in Module._call(self, *args)
   1738     else:
-> 1739         return self._call_impl(*args, **kwargs)

RuntimeError: x
"""
    assert frame_of(text) == Frame("Cell In[5]", 2, "layer(x)")
    text = text.replace("Cell In[5], line 2", "File ~/project/net.py:12, in Net.forward(self, x)")
    assert frame_of(text) == Frame("~/project/net.py", 12, "layer(x)")

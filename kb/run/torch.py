"""What ptnote knows of torch as a program: how to ask for it, launch it, keep devices from it, and which of
its messages mean nothing. torch itself is only imported by the child processes that run these programs."""

from __future__ import annotations

import os
import re

WARM = {
    "torch": r"\b(torch|torchvision)\b",
    "numpy": r"\b(numpy|torch)\b",
    "torch.utils.data": r"\btorch\b",
    "torch._dynamo": r"\b(optim|compile|_?dynamo|checkpoint\w*|export|onnx)\b",  # two seconds of its own
    "torch._inductor.compile_fx": r"\b(torch\.(compile|export|onnx|library)|inductor|opcheck|is_exporting)\b",
    "torch.utils.tensorboard": r"\btensorboard\b",
    "onnxscript": r"\bonnx\b",
    "onnxscript.function_libs.torch_lib.ops": r"\btorch\.onnx\b",  # the operators that an export translates
    "matplotlib.pyplot": r"\bmatplotlib\b",
}
"""Modules that a warm process imports before it forks, each with a pattern for the code that uses it,
perhaps without naming it. Those that are missing are left out."""

IGNORED_WARNINGS = (
    r"`isinstance\(treespec, LeafSpec\)` is deprecated",  # torch 2.13, in torch.onnx.export
    r"`torch\.jit\.trace(_method)?` is deprecated",  # torch 2.14, in SummaryWriter.add_graph
    r"__array__ implementation doesn't accept a copy keyword",  # pycocotools 2.0.11 with NumPy 2
)
"""Warnings that libraries cause in their own code, for which a snippet cannot be blamed: patterns for the
beginning of the message."""

SHUTDOWN_RACE = "terminate called without an active exception"
"""What a gloo rank of torch 2.13 writes when it aborts at exit, its work done: a race between two ranks
that close their connection at the same moment. On two busy cores about one run in ten."""

OUT_OF_MEMORY = ("DefaultCPUAllocator: ", "bad_alloc")
"""What torch, and C++ libraries below it, say when they get no memory."""

PROBE = """
import sys
sys.path[:] = filter(None, sys.path)  # files of the current folder must not be taken for modules
import json, platform
facts = {"python": platform.python_version(), "devices": []}
try:
    import torch
    facts["torch"] = str(torch.__version__)
    facts["cuda"] = torch.version.cuda or ""
    facts["devices"].append({"kind": "cpu", "name": platform.processor() or platform.machine()})
    if torch.cuda.is_available():
        facts["cudnn"] = str(torch.backends.cudnn.version() or "")
        for i in range(torch.cuda.device_count()):
            about = torch.cuda.get_device_properties(i)
            facts["devices"].append({"kind": "cuda", "name": about.name, "memory": about.total_memory})
    if hasattr(torch.backends, "mps") and torch.backends.mps.is_available():
        facts["devices"].append({"kind": "mps", "name": platform.processor()})
    import numpy
    facts["numpy"] = numpy.__version__
except Exception as error:
    facts["problem"] = f"{type(error).__name__}: {error}"
print(json.dumps(facts))
"""
"""A program that prints the fields of a `Machine` as JSON."""

RESOLVE = """
import sys
sys.path[:] = filter(None, sys.path)  # see above
import importlib, json

def missing(name):
    head, *rest = name.split(".")
    path = head
    try:
        found = importlib.import_module(head)
        for part in rest:
            path += "." + part
            found = getattr(found, part) if hasattr(found, part) else importlib.import_module(path)
    except ModuleNotFoundError as error:
        needed = error.name or ""
        return None if needed == path or path.startswith(needed + ".") else needed.split(".")[0]
    except AttributeError:
        return None
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""

print(json.dumps({name: missing(name) for name in json.loads(sys.argv[1])}))
"""
"""A program that imports the dotted names given to it as JSON, and prints for each: "" if it exists, null if
it does not, else the package that it needs or the error that importing it raises."""


def warm_modules(code: str) -> list[str]:
    """The modules that a warm process should have imported before it runs this code."""
    return [name for name, pattern in WARM.items() if re.search(pattern, code)]


def owns(name: str) -> bool:
    """Whether a dotted name belongs to torch itself."""
    return name == "torch" or name.startswith("torch.")


def environment(device: str, ranks: int, strict: bool, threads: int = 0) -> dict[str, str]:
    """Environment variables that keep accelerators from torch if it is to use the CPU, give it so many
    threads unless the user has said how many, and make the processes of torchrun as quiet and as strict as a
    single process."""
    variables: dict[str, str] = {}
    if device == "cpu":
        variables |= {"CUDA_VISIBLE_DEVICES": "", "HIP_VISIBLE_DEVICES": "", "ZE_AFFINITY_MASK": ""}
    if ranks > 1 or threads:  # torchrun warns without it
        share = "1" if ranks > 1 else str(threads)
        variables["OMP_NUM_THREADS"] = os.environ.get("OMP_NUM_THREADS", share)
    if ranks > 1 and strict:  # the ranks get this, but not the options of the interpreter that starts them
        categories = ("DeprecationWarning", "FutureWarning")
        variables["PYTHONWARNINGS"] = ",".join(f"error::{name}:__main__" for name in categories)
    return variables


def launcher(ranks: int) -> list[str]:
    """Arguments for an interpreter that make it run the program named after them in several ranks."""
    return ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(ranks)]


def is_warning(line: str) -> bool:
    """Whether a line of stderr is a warning, from Python or from the C++ part of torch (`[W1128 …`)."""
    return line.startswith("[W") or "Warning:" in line

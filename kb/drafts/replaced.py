"""What torch, NumPy and torchvision have deprecated or removed, and what takes its place.

Each row was checked against torch 2.13; `tests/test_replaced.py` checks those about torch and NumPy again,
with the versions that are installed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from msgspec import Struct

GONE, OLD = True, False


class Row(Struct, frozen=True):
    """Something that was replaced."""

    instead: str
    gone: bool


def _rows(gone: bool, names: Mapping[str, str]) -> dict[str, Row]:
    return {name: Row(instead, gone) for name, instead in names.items()}


NAMES: dict[str, Row] = {
    **_rows(
        OLD,
        {
            "torch.autograd.Variable": "a tensor, with requires_grad=True if need be",
            "torch.set_default_tensor_type": "torch.set_default_dtype and torch.set_default_device",
            "torch.cuda.amp.autocast": 'torch.amp.autocast("cuda")',
            "torch.cuda.amp.GradScaler": 'torch.amp.GradScaler("cuda")',
            "torch.cpu.amp.autocast": 'torch.amp.autocast("cpu")',
            "torch.cuda.amp.custom_fwd": 'torch.amp.custom_fwd(device_type="cuda")',
            "torch.cuda.amp.custom_bwd": 'torch.amp.custom_bwd(device_type="cuda")',
            "torch.range": "torch.arange, which leaves the end out",
            "torch.norm": "torch.linalg.vector_norm or torch.linalg.matrix_norm",
            "torch.qr": "torch.linalg.qr",
            "torch.svd": "torch.linalg.svd, which returns Vh",
            "torch.cholesky": "torch.linalg.cholesky",
            "torch.ger": "torch.outer",
            "torch.lu": "torch.linalg.lu_factor",
            "torch.chain_matmul": "torch.linalg.multi_dot",
            "torch.nn.functional.upsample": "torch.nn.functional.interpolate",
            "torch.nn.UpsamplingNearest2d": 'torch.nn.Upsample(mode="nearest")',
            "torch.nn.UpsamplingBilinear2d": 'torch.nn.Upsample(mode="bilinear", align_corners=True)',
            "torch.nn.utils.weight_norm": "torch.nn.utils.parametrizations.weight_norm",
            "torch.nn.utils.spectral_norm": "torch.nn.utils.parametrizations.spectral_norm",
            "torch.nn.utils.clip_grad_norm": "torch.nn.utils.clip_grad_norm_",
            "torch.nn.init.uniform": "torch.nn.init.uniform_",
            "torch.nn.init.normal": "torch.nn.init.normal_",
            "torch.nn.init.constant": "torch.nn.init.constant_",
            "torch.nn.init.eye": "torch.nn.init.eye_",
            "torch.nn.init.dirac": "torch.nn.init.dirac_",
            "torch.nn.init.xavier_uniform": "torch.nn.init.xavier_uniform_",
            "torch.nn.init.xavier_normal": "torch.nn.init.xavier_normal_",
            "torch.nn.init.kaiming_uniform": "torch.nn.init.kaiming_uniform_",
            "torch.nn.init.kaiming_normal": "torch.nn.init.kaiming_normal_",
            "torch.nn.init.orthogonal": "torch.nn.init.orthogonal_",
            "torch.nn.init.sparse": "torch.nn.init.sparse_",
            "torch.cuda.memory_cached": "torch.cuda.memory_reserved",
            "torch.cuda.max_memory_cached": "torch.cuda.max_memory_reserved",
            "torch.cuda.reset_max_memory_allocated": "torch.cuda.reset_peak_memory_stats",
            "torch.backends.cuda.sdp_kernel": "torch.nn.attention.sdpa_kernel",
            "torch.distributed.reduce_op": "torch.distributed.ReduceOp",
            "torch.quantization.quantize_dynamic": "torch.ao.quantization.quantize_dynamic",
            "torch.testing.assert_allclose": "torch.testing.assert_close",
            "torch.has_cuda": "torch.backends.cuda.is_built()",
            "torch.has_mps": "torch.backends.mps.is_built()",
            "torch.jit.script": "torch.compile, or torch.export to leave Python",
            "torch.jit.trace": "torch.compile, or torch.export to leave Python",
        },
    ),
    **_rows(
        GONE,
        {
            "torch.symeig": "torch.linalg.eigh",
            "torch.eig": "torch.linalg.eig",
            "torch.lstsq": "torch.linalg.lstsq",
            "torch.gels": "torch.linalg.lstsq",
            "torch.solve": "torch.linalg.solve",
            "torch.gesv": "torch.linalg.solve",
            "torch.matrix_rank": "torch.linalg.matrix_rank",
            "torch.rfft": "torch.fft.rfft",
            "torch.irfft": "torch.fft.irfft",
            "torch.ifft": "torch.fft.ifft",
            "torch.potrf": "torch.linalg.cholesky",
            "torch.btrifact": "torch.linalg.lu_factor",
            "torch.set_deterministic": "torch.use_deterministic_algorithms",
            "torch.is_deterministic": "torch.are_deterministic_algorithms_enabled",
            "torch.utils.ffi": "torch.utils.cpp_extension",
            "torch.utils.data.dataloader.numpy_type_map": "torch.utils.data.default_collate",
            "torch._six": "str, int, and collections.abc of Python 3",
            "torch.legacy": "torch.nn",
            "torch.distributed.deprecated": "torch.distributed",
            "numpy.int": "int",
            "numpy.float": "float",
            "numpy.bool8": "numpy.bool",
            "numpy.object": "object",
            "numpy.complex": "complex",
            "numpy.float_": "numpy.float64",
            "numpy.Inf": "numpy.inf",
            "numpy.NaN": "numpy.nan",
            "torchvision.transforms.Scale": "torchvision.transforms.v2.Resize",
            "torchvision.transforms.RandomSizedCrop": "torchvision.transforms.v2.RandomResizedCrop",
            "torchvision.models.utils.load_state_dict_from_url": "torch.hub.load_state_dict_from_url",
            "torchtext.data.Field": "a tokenizer of your own; torchtext is no longer developed",
        },
    ),
}
"""Dotted names, each with what takes its place."""

ARGUMENTS: dict[str, Row] = {
    "pretrained": Row("weights=", OLD),
    "size_average": Row('reduction="mean" or reduction="sum"', OLD),
    "reduce": Row('reduction="none"', OLD),
    "volatile": Row("torch.no_grad()", GONE),
}
"""Keyword arguments of torch and torchvision."""

OF_LOSSES = ("size_average", "reduce")
"""Those that only the losses have; other functions may have arguments of that name."""

NEXT = Row("next(it)", GONE)
"""For the method `next` of what `iter(loader)` returns."""


def uses_of_replaced(tree: ast.Module, aliases: Mapping[str, str]) -> Iterator[tuple[int, str, Row]]:
    """The uses of something replaced in a program: line, what is used, and the row about it.

    `aliases` has, for names of the program, the dotted names that they import.
    """
    iterators = _iterators(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            name = _dotted(node, aliases)
            if name in NAMES:
                yield node.lineno, name, NAMES[name]
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from _imported(node)
        elif isinstance(node, ast.Call):
            yield from _arguments(node)
            if _is_next(node, iterators):
                yield node.lineno, ast.unparse(node), NEXT


def _imported(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[int, str, Row]]:
    """What an import takes that was replaced, or takes something from."""
    module = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
    for alias in node.names:
        for name in (".".join([*module, alias.name]), *module):
            if name in NAMES:
                yield node.lineno, name, NAMES[name]


def _iterators(tree: ast.Module) -> set[str]:
    """The names that stand for what `iter` returns."""
    made = [node for node in ast.walk(tree) if isinstance(node, ast.Assign) and _is_iter(node.value)]
    return {target.id for node in made for target in node.targets if isinstance(target, ast.Name)}


def _is_next(node: ast.Call, iterators: set[str]) -> bool:
    """Whether the method `next` of an iterator is called, as in Python 2."""
    called = node.func
    if not isinstance(called, ast.Attribute) or called.attr != "next" or node.args:
        return False
    return _is_iter(called.value) or (isinstance(called.value, ast.Name) and called.value.id in iterators)


def aliases_of(tree: ast.Module) -> dict[str, str]:
    """The names that a program imports, each with the dotted name it stands for."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                root = alias.name.partition(".")[0]
                found[alias.asname or root] = alias.name if alias.asname else root
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return found


def _dotted(node: ast.expr, aliases: Mapping[str, str]) -> str:
    """The dotted name that an expression stands for; empty for any other expression, or a name of its own."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or node.id not in aliases:
        return ""
    return ".".join([aliases[node.id], *reversed(parts)])


def _is_iter(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "iter"


def _arguments(node: ast.Call) -> Iterator[tuple[int, str, Row]]:
    """The arguments of a call that are replaced."""
    called = ast.unparse(node.func)
    for keyword in node.keywords:
        row = ARGUMENTS.get(keyword.arg or "")
        if row is None or (
            keyword.arg in OF_LOSSES and "loss" not in called.lower() and "cross_entropy" not in called
        ):
            continue
        if keyword.arg == "volatile" and "Variable" not in called:
            continue
        yield keyword.value.lineno, f"{keyword.arg}=", row

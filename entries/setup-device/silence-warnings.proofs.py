"""Proofs of silence-warnings."""

import logging
import os
import re
import subprocess
import sys
import warnings

import numpy as np
import torch
import torch.nn.functional as F


def given():
    def model(x):
        warnings.warn("from the model", UserWarning, stacklevel=1)
        return x + 1

    return {"model": model, "x": torch.ones(2)}


def test_answer(answer):
    """catch_warnings(action="ignore") hides warnings inside of the block; filters hide one message or one kind."""
    assert answer.y.tolist() == [2, 2]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.filterwarnings("ignore", message="TypedStorage is deprecated")
        warnings.filterwarnings("ignore", category=FutureWarning)
        torch.ones(2).storage()
        warnings.warn("soon", FutureWarning, stacklevel=1)
        warnings.warn("another", stacklevel=1)
    assert [str(w.message) for w in caught] == ["another"]


def test_default(default):
    """A target (4,) against an output (4, 1) warns, and a filter on its message hides just that."""
    assert default.loss == 1
    assert [str(w.message) for w in default.caught] == ["Using a target size", "something else"]


def test_find(find):
    """simplefilter("error") turns a warning into an exception whose traceback begins at your line."""
    assert str(find.warnings.filters[0][0]) == "error"


def test_log(log):
    """The level of the logger "torch" holds for its children such as torch.distributed; import torch sets it anew."""
    assert log.logger.getEffectiveLevel() == logging.ERROR
    logging.getLogger("torch").setLevel(logging.NOTSET)
    early = "import logging; logger = logging.getLogger('torch'); logger.setLevel(logging.ERROR); import torch; print(logger.level)"
    shown = subprocess.run([sys.executable, "-c", early], capture_output=True, text=True)
    assert int(shown.stdout) == logging.WARNING


def test_torchrun_has_its_own_level():
    """The loggers of torchrun keep their level when that of "torch" is set; the variable LOGLEVEL sets theirs."""
    from torch.distributed import run
    from torch.distributed.elastic.utils.logging import get_logger  # makes all of them

    try:
        logging.getLogger("torch").setLevel(logging.ERROR)
        for setting, level in ((None, logging.WARNING), ("ERROR", logging.ERROR)):
            os.environ.pop("LOGLEVEL", None)
            if setting:
                os.environ["LOGLEVEL"] = setting
            assert get_logger(run.__name__) is run.logger and run.logger.getEffectiveLevel() == level
    finally:
        os.environ.pop("LOGLEVEL", None)
        get_logger(run.__name__)
        logging.getLogger("torch").setLevel(logging.WARNING)


def test_message_matches_the_beginning():
    """message is a regular expression matched at the beginning, regardless of case; .* does not pass the end of a line, (?s).* does."""
    patterns = ("using a TARGET", True), ("target size", False), (".*target size", True), (".*second", False), ("(?s).*second", True)
    for pattern, hidden in patterns:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            warnings.filterwarnings("ignore", message=pattern)
            warnings.warn("Using a target size\nand a second line", stacklevel=1)
        assert (not caught) is hidden


def test_filters_do_not_reach_back():
    """A warning that was raised before the filter was set is shown."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.warn("early", stacklevel=1)
        warnings.simplefilter("ignore")
        warnings.warn("late", stacklevel=1)
    assert [str(w.message) for w in caught] == ["early"]


def test_a_warning_that_matters():
    """mse_loss of (N, 1) against (N,) averages over N x N pairs and is not 0 for equal values."""
    values = torch.tensor([1.0, 2.0, 3.0])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        loss = F.mse_loss(values[:, None], values)
    assert "Using a target size" in str(caught[0].message) and loss > 1
    assert F.mse_loss(values, values) == 0


def test_scheduler_before_optimizer():
    """The scheduler warns if no step of the optimizer came before it, also if a GradScaler skipped that step."""
    for slope, expected in ((1.0, False), (float("inf"), True)):
        w = torch.nn.Parameter(torch.ones(2))
        optimizer = torch.optim.SGD([w], lr=0.1)
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1)
        scaler = torch.amp.GradScaler("cpu")
        scaler.scale((w * slope).sum()).backward()
        scaler.step(optimizer)
        scaler.update()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            scheduler.step()
        assert any("Detected call of `lr_scheduler.step()`" in str(w.message) for w in caught) is expected


def test_the_command_line():
    """python -W ignore and PYTHONWARNINGS=ignore hide warnings, -W error makes any of them fatal, and -W "error:text" one of them."""
    code = "import warnings; warnings.warn('noise')"

    def run(*options, code=code, **env):
        clean = {k: v for k, v in os.environ.items() if k != "PYTHONWARNINGS"}
        return subprocess.run([sys.executable, *options, "-c", code], capture_output=True, text=True, env=clean | env)

    assert "noise" in run().stderr and run("-W", "ignore").stderr == ""
    assert run(PYTHONWARNINGS="ignore").stderr == "" and run("-W", "error").returncode == 1
    two = "import warnings; warnings.warn('of a library'); " + code
    assert "UserWarning: of a library" in run("-W", "error", code=two).stderr.splitlines()
    shown = run("-W", "error:noi", code=two)
    assert shown.returncode == 1 and shown.stderr.splitlines()[-1] == "UserWarning: noise"


def test_once_per_place():
    """By default a place warns once; with "always" it warns each time."""
    for action, count in (("default", 1), ("always", 3)):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter(action)
            for _ in range(3):
                warnings.warn("again", stacklevel=1)
        assert len(caught) == count


def test_warnings_from_cpp():
    """A warning that C++ raises once is shown each time only with both "always" and set_warn_always(True)."""
    read_only = np.broadcast_to(np.ones(1), 2)
    seen = []
    for action, always in (("default", False), ("always", False), ("default", True), ("always", True)):
        torch.set_warn_always(always)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter(action)
            for _ in range(3):
                torch.from_numpy(read_only)  # warns that it is not writable
        seen.append(len(caught))
    torch.set_warn_always(False)
    assert seen[1] <= 1 and seen[2:] == [1, 3]


def test_prefixes_of_logs():
    """A line of Python's logger begins with W and the date, one of C++ with a bracket; TORCH_CPP_LOG_LEVEL hides it."""
    code = """if True:
        import datetime, logging, torch
        logging.getLogger("torch").warning("from Python")
        try: torch.distributed.TCPStore("127.0.0.1", 1, None, False, timeout=datetime.timedelta(milliseconds=200))
        except Exception: pass
    """
    run = {"args": [sys.executable, "-c", code], "stderr": subprocess.PIPE, "text": True}
    runs = [subprocess.Popen(**run, env=os.environ | e) for e in ({}, {"TORCH_CPP_LOG_LEVEL": "ERROR"})]
    for run, from_cpp in zip(runs, (True, False), strict=True):
        text = run.communicate()[1]
        assert re.search(r"^W\d{4} .*from Python$", text, re.MULTILINE)
        assert bool(re.search(r"^\[W\d{4} ", text, re.MULTILINE)) is from_cpp


def test_weight_norm():
    """weight_norm of torch.nn.utils warns; that of parametrizations has other keys, and loads the old ones."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        old = torch.nn.utils.weight_norm(torch.nn.Linear(3, 2))
    assert "`torch.nn.utils.weight_norm` is deprecated" in str(caught[0].message)
    new = torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(3, 2))
    assert not set(new.state_dict()) & {"weight_g", "weight_v"} and {"weight_g", "weight_v"} < set(old.state_dict())
    new.load_state_dict(old.state_dict())
    torch.testing.assert_close(new(torch.ones(1, 3)), old(torch.ones(1, 3)))

"""The face of ptnote: commands that read arguments, call `kb`, and show what comes back."""

import gc

gc.set_threshold(100_000)  # a command is over before there is garbage worth looking for: saves 6 %

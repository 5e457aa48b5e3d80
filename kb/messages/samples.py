"""Samples of the messages that an entry explains, from `<id>.messages.yaml` beside the entry.

Each is a row of one list: either a program that gives the message (`code`) with what it says then
(`says`), or, where that takes a GPU or a second machine, what was recorded there (`recorded`).
"""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from kb.content.entry import Entry
from kb.content.files import SAMPLES
from kb.content.tables import read_yaml
from kb.errors import BadFile


class Sample(Struct, frozen=True, forbid_unknown_fields=True):
    """One row."""

    code: str = ""
    """A program that ends with the message, or gives it as a warning."""
    says: str = ""
    """The message of the program, `…` standing for what varies from run to run."""
    recorded: str = ""
    """A message as it was seen."""

    @property
    def message(self) -> str:
        """What this sample says."""
        return self.recorded or self.says


def samples_path(entry: Entry) -> Path:
    """The file that holds the samples of an entry, whether or not it exists."""
    return Path(entry.path).with_suffix(SAMPLES)


def read_samples(entry: Entry) -> list[Sample]:
    """The samples of an entry, none if it has no such file.

    Raises BadFile if the file cannot be read, is no list of samples, or a row is incomplete.
    """
    path = samples_path(entry)
    try:
        samples = read_yaml(path, list[Sample])
    except FileNotFoundError:
        return []
    except OSError as error:
        raise BadFile(f"cannot read {path}: {error.strerror}; mend its permissions") from error
    except ValueError as error:
        reason = " ".join(str(error).split())
        raise BadFile(f"{path} is no list of samples: {reason}; see CONTRIBUTING.md") from error
    for number, sample in enumerate(samples, 1):
        if bool(sample.code) == bool(sample.recorded) or bool(sample.code) != bool(sample.says):
            raise BadFile(f"{path}: sample {number} needs either `code` and `says`, or `recorded` alone")
    return samples

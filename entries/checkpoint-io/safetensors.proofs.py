"""Proofs of safetensors."""

import struct


def test_default(default):
    """Save, load, and read the header by hand."""
    begin, end = default.header["weight"]["data_offsets"]
    numbers = struct.unpack("<6f", default.data[8 + default.length :][begin:end])
    assert list(numbers) == default.model.weight.flatten().tolist()


def test_right(right):
    """Right: save_model and load_model."""
    assert right.again.out.weight.unique().tolist() == [9]  # still one tensor

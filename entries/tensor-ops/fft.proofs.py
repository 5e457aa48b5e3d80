"""Proofs of fft."""

import cmath
import math
import warnings

import torch
import torch.nn.functional as F


def dft(values):
    """The transform by its formula, in plain Python."""
    T = len(values)
    return [sum(v * cmath.exp(-2j * math.pi * k * t / T) for t, v in enumerate(values)) for k in range(T)]


def given():
    torch.manual_seed(0)
    return {"torch": torch, "x": torch.randn(2, 15), "T": 15, "rate": 30, "cutoff": 5, "img": torch.rand(2, 3, 7, 8)}


def test_answer(answer):
    """rfft is the first half of the transform; the masked spectrum is the signal without its high frequencies."""
    for row, spectrum, low in zip(answer.x.tolist(), answer.X, answer.low, strict=True):
        full = dft(row)
        torch.testing.assert_close(spectrum, torch.tensor(full[:8]).to(torch.complex64), atol=1e-4, rtol=0)
        kept = [c if min(k, 15 - k) * 30 / 15 < 5 else 0 for k, c in enumerate(full)]
        back = [sum(c * cmath.exp(2j * math.pi * k * t / 15) for k, c in enumerate(kept)).real / 15 for t in range(15)]
        torch.testing.assert_close(low, torch.tensor(back), atol=1e-4, rtol=0)
    torch.testing.assert_close(answer.freq, torch.arange(8) * 2.0)
    torch.testing.assert_close(answer.amplitude, answer.X.abs() / 7.5)
    torch.testing.assert_close(answer.amplitude[:, 0], 2 * answer.x.mean(1).abs())
    torch.testing.assert_close(answer.img, given()["img"], atol=1e-5, rtol=0)
    for n in range(2):
        for c in range(3):
            assert answer.S[n, c].abs().argmax() == 3 * 8 + 4
            torch.testing.assert_close(answer.S[n, c, 3, 4].real, answer.img[n, c].sum(), atol=1e-3, rtol=0)


def test_answer_stays_on_the_device_of_x(answer):
    """The frequencies are made on the device of x, so the mask fits the spectrum on a GPU too."""
    x = torch.randn(2, 15, device="meta")
    freq = torch.fft.rfftfreq(15, 1 / 30, device=x.device)
    assert torch.equal(torch.fft.rfftfreq(15, 1 / 30), answer.freq)
    assert torch.fft.irfft(torch.fft.rfft(x) * (freq < 5), n=15).device.type == "meta"


def test_default(default):
    """A sine wave of amplitude a gives a at its frequency; the mean counts twice at bin 0."""
    assert default.amplitude.topk(3).indices.tolist() == [10, 0, 60]
    torch.testing.assert_close(default.amplitude[[10, 0, 60]], torch.tensor([3.0, 2.0, 0.5]), atol=1e-3, rtol=0)
    torch.testing.assert_close(default.low, 1 + default.slow, atol=1e-4, rtol=0)
    assert default.freq[-1] == 100 / 2


def test_half_is_enough():
    """For a real signal, the second half of fft is the complex conjugate of the first."""
    x = torch.randn(9)
    X = torch.fft.fft(x)
    torch.testing.assert_close(X[:5], torch.fft.rfft(x))
    torch.testing.assert_close(X[5:].flip(0), X[1:5].conj())


def test_leakage():
    """A frequency between two bins leaks: its peak is a third too low; a Hann window brings it near its amplitude."""
    t = torch.arange(200) / 100
    x = torch.sin(2 * math.pi * 5.25 * t)
    window = torch.hann_window(200)
    plain = torch.fft.rfft(x).abs().max() * 2 / 200
    hann = torch.fft.rfft(x * window).abs().max() * 2 / window.sum()
    assert plain < 0.7 and hann > 0.8


def test_image(image):
    """The mask keeps the frequencies within a radius of 2; a low-pass filter keeps the mean and smooths."""
    by_hand = [[(r - 3) ** 2 + (c - 4) ** 2 <= 4 for c in range(8)] for r in range(7)]
    assert image.mask.tolist() == by_hand
    torch.testing.assert_close(image.blur.mean(), image.x.mean())
    full = [[cmath.exp(2j * math.pi * (r * 3 / 7 + c * 0 / 8)) for c in range(-4, 4)] for r in range(-3, 4)]
    value = sum(image.S[0, 0, r, c].item() * full[r][c] for r in range(7) for c in range(8) if by_hand[r][c]) / 56
    torch.testing.assert_close(image.blur[0, 0, 3, 0].item(), value.real, atol=1e-4, rtol=1e-3)


def test_convolve(convolve):
    """A product of padded spectra is the convolution."""
    x, kernel = convolve.x.tolist(), convolve.kernel.tolist()
    by_hand = [sum(kernel[j] * x[i - j] for j in range(31) if 0 <= i - j < 100) for i in range(130)]
    torch.testing.assert_close(convolve.y, torch.tensor(by_hand), atol=1e-4, rtol=0)


def test_circular():
    """Without padding, the end of the signal wraps around into its beginning."""
    x, kernel = torch.randn(20), torch.randn(5)
    y = torch.fft.irfft(torch.fft.rfft(x) * torch.fft.rfft(kernel, n=20), n=20)
    by_hand = [sum(kernel[j] * x[(i - j) % 20] for j in range(5)) for i in range(20)]
    torch.testing.assert_close(y, torch.stack(by_hand), atol=1e-4, rtol=0)
    linear = F.conv1d(x[None, None], kernel.flip(0)[None, None], padding=4)[0, 0, :20]
    assert not torch.allclose(y[:4], linear[:4], atol=1e-3) and torch.allclose(y[4:], linear[4:], atol=1e-4)


def test_wrong(wrong, right):
    """irfft of three bins gives four values, with n=5 the five of the signal."""
    assert torch.fft.irfft(wrong.X).shape == (4,)
    torch.testing.assert_close(torch.fft.irfft(right.X, n=5), right.x)


def test_odd_length():
    """irfft without n returns 2 * (bins - 1) values: the signal if its length is even, others if it is odd."""
    for T in range(2, 9):
        x = torch.randn(T)
        back = torch.fft.irfft(torch.fft.rfft(x))
        assert len(back) == 2 * (T // 2)
        assert (T % 2 == 0) == (len(back) == T and torch.allclose(back, x, atol=1e-5))
    five = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0])
    assert (torch.fft.irfft(torch.fft.rfft(five)) - five[:4]).abs().min() > 0.01


def test_shift_moves_the_batch():
    """fftshift without dim shifts every dimension, the batch as well."""
    x = torch.arange(2.0)[:, None, None].expand(2, 4, 4)
    assert torch.equal(torch.fft.fftshift(x)[:, 0, 0], torch.tensor([1.0, 0.0]))
    assert torch.equal(torch.fft.fftshift(x, dim=(-2, -1))[:, 0, 0], torch.tensor([0.0, 1.0]))


def test_odd_shift():
    """ifftshift undoes fftshift; a second fftshift does so only for even sizes."""
    for n in 6, 7:
        x = torch.arange(n)
        assert torch.equal(torch.fft.ifftshift(torch.fft.fftshift(x)), x)
        assert torch.equal(torch.fft.fftshift(torch.fft.fftshift(x)), x) is (n % 2 == 0)


def test_half_precision(raises):
    """On a CPU, float16 and bfloat16 raise; up to 2.13, bfloat16 does on meta, as on CUDA; autocast makes them float32."""
    for dtype, name in (torch.float16, "Half"), (torch.bfloat16, "BFloat16"):
        with raises(RuntimeError, f"Unsupported dtype {name}"):
            torch.fft.rfft(torch.ones(8, dtype=dtype))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # complex32 is experimental
        assert torch.fft.rfft(torch.ones(8, dtype=torch.float16, device="meta")).dtype == torch.complex32
    if tuple(int(v) for v in torch.__version__.split(".")[:2]) <= (2, 13):
        with raises(RuntimeError, "Unsupported dtype BFloat16"):
            torch.fft.rfft(torch.ones(8, dtype=torch.bfloat16, device="meta"))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y = torch.nn.Linear(8, 8)(torch.ones(8))
        assert y.dtype == torch.bfloat16 and torch.fft.rfft(y).dtype == torch.complex64
    assert torch.fft.rfft(torch.arange(8)).dtype == torch.complex64


def test_gradients(raises):
    """Gradients flow through abs(); a complex loss raises, and mse_loss does not take complex numbers."""
    x, goal = torch.randn(8, requires_grad=True), torch.randn(8)
    (torch.fft.rfft(x) - torch.fft.rfft(goal)).abs().square().sum().backward()
    assert x.grad.abs().max() > 0
    with raises(RuntimeError, "grad can be implicitly created only for real scalar outputs"):
        torch.fft.rfft(x).sum().backward()
    with raises(RuntimeError, "not implemented for 'ComplexFloat'"):
        F.mse_loss(torch.fft.rfft(x), torch.fft.rfft(goal))
    real = torch.view_as_real(torch.fft.rfft(x))
    assert F.mse_loss(real, torch.view_as_real(torch.fft.rfft(goal))) > 0


def test_stft():
    """istft undoes stft with the same window."""
    x, window = torch.randn(200), torch.hann_window(64)
    S = torch.stft(x, 64, hop_length=16, window=window, return_complex=True)
    assert S.shape == (33, 200 // 16 + 1) and S.is_complex()
    torch.testing.assert_close(torch.istft(S, 64, hop_length=16, window=window, length=200), x, atol=1e-4, rtol=0)


def test_the_bin_at_half_the_rate():
    """For an even T, 2 / T counts the wave at half the sampling rate twice, as it counts the mean."""
    t = torch.arange(8)
    amplitude = torch.fft.rfft(5 + 3 * (-1.0) ** t).abs() * 2 / 8
    torch.testing.assert_close(amplitude, torch.tensor([10.0, 0, 0, 0, 6]))

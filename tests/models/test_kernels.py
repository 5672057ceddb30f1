"""Attention by blocks, which runs where torch's flash kernel for CPUs does not, equals it."""

from __future__ import annotations

import pytest
import torch

from regard.models import kernels


@pytest.fixture
def parts():
    generator = torch.Generator().manual_seed(0)
    query, key, value, grad = (torch.randn(2, 3, 7, 8, generator=generator) for _ in range(4))
    bias = torch.zeros(2, 1, 1, 7)
    bias[1, ..., 5:] = float("-inf")
    return query, key, value, grad, bias


@pytest.mark.parametrize("block_bytes", [1, 4 * 2 * 3 * 7 * 3, 2**20])
@pytest.mark.parametrize("is_causal", [False, True])
def test_blocks_of_any_size_give_the_kernel_s_values_and_gradients(
    parts, block_bytes, is_causal, monkeypatch
):
    monkeypatch.setattr(kernels, "_BLOCK_BYTES", block_bytes)
    query, key, value, grad, bias = parts
    rules = (None if is_causal else bias, is_causal, 0.3)
    out, lse = kernels.attend(query, key, value, *rules)
    found_out, found_lse = kernels.attend_by_blocks(query, key, value, *rules)
    assert torch.allclose(found_out, out, atol=1e-6)
    assert torch.allclose(found_lse, lse, atol=1e-6)
    wanted = kernels.attend_backward(grad, query, key, value, out, lse, *rules)
    found = kernels.attend_backward_by_blocks(grad, query, key, value, out, lse, *rules)
    for gradient, want in zip(found, wanted, strict=True):
        assert torch.allclose(gradient, want, atol=1e-5)


def test_a_part_alone_and_merged_with_nothing_is_the_same(parts):
    query, key, value, *_ = parts
    out, lse = kernels.attend(query, key, value, None, False, 1.0)
    first = kernels.attend(query, key[:, :, :4], value[:, :, :4], None, False, 1.0)
    second = kernels.attend(query, key[:, :, 4:], value[:, :, 4:], None, False, 1.0)
    merged, merged_lse = kernels.merge(*first, *second)
    assert torch.allclose(merged, out, atol=1e-6)
    assert torch.allclose(merged_lse, lse, atol=1e-6)

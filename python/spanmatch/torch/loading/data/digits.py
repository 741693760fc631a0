"""scikit-learn's digits: 1,797 handwritten ones of 8 × 8 pixels, which come with the package."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from spanmatch.torch.loading.data.batches import Examples, is_test, label_examples
from spanmatch.torch.loading.extras import explain_missing


class Digits(NamedTuple):
    """Images (n, 1, 8, 8) in [-1, 1] and labels: two thirds to train on, one third held out."""

    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor


def split_digits() -> Digits:
    """Return the digits, always with the same split."""
    with explain_missing("scikit-learn", "data"):
        from sklearn.datasets import load_digits
        from sklearn.model_selection import train_test_split
    data = load_digits()
    images = torch.tensor(data.images / 8 - 1, dtype=torch.float32).unsqueeze(1)
    labels = torch.tensor(data.target)
    train, test = train_test_split(
        range(len(labels)), test_size=1 / 3, random_state=0, stratify=data.target
    )
    return Digits(images[train], labels[train], images[test], labels[test])


def read_digits(split: str = "test") -> Examples:
    """Return the digits that the demo trains networks on, or those that it compares them on."""
    digits = split_digits()
    if is_test(split):
        return label_examples(digits.test_images, digits.test_labels)
    return label_examples(digits.train_images, digits.train_labels)

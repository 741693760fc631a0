"""The argument `device`: where a model runs."""

from __future__ import annotations

import torch

from spanmatch.base.words import count_of


def as_device(device: torch.device | str) -> torch.device:
    """Return `device` as a torch.device.

    >>> as_device("cpu")
    device(type='cpu')

    Raises
    ------
    TypeError, ValueError
        This is not a device, or the machine does not have it.
    """
    try:
        chosen = torch.device(device)
    except RuntimeError as error:
        raise ValueError(
            f"`device` is {str(device)!r}, which is no device: name cpu or cuda"
        ) from error
    n_seen = torch.cuda.device_count()
    if chosen.type == "cuda" and (chosen.index or 0) >= n_seen:
        raise ValueError(f"`device` is {str(device)!r}, but torch sees {count_of(n_seen, 'GPU')}")
    return chosen

"""What benches/sweep_architectures.py compares: how a model is built, and what it is given."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class Case:
    """An architecture."""

    make: Callable[[], Any]
    """Builds it, of random weights."""
    batch: Any
    """What both models are given."""
    options: dict[str, Any] = field(default_factory=dict)
    """Of `compare`, where the plain call is known not to do."""
    refusal: str | None = None
    """What the error says, where the plain call has to be refused."""


class UnbuiltError(Exception):
    """There is no small model of an architecture here; the text says why."""

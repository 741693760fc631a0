"""How a comparison of many networks was made, as its report shows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Origin:
    """The origin of a comparison, as its folder records it."""

    version: str
    """The version of spanmatch."""
    models: Mapping[str, str] = field(default_factory=dict)
    """The model of each network, if it is known."""
    checkpoints: Mapping[str, str] = field(default_factory=dict)
    """The file with the weights of each network, if there is one."""
    data: str | None = None
    """The name of the data."""
    options: Mapping[str, str] = field(default_factory=dict)
    """The other options of the comparison, by name."""
    remark: str = ""
    """A remark on the data."""

"""How a comparison of many networks was made, as its report shows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Origin:
    """What a folder says of where its comparison comes from."""

    version: str
    """Of spanmatch."""
    models: Mapping[str, str] = field(default_factory=dict)
    """What model each network is, where known."""
    checkpoints: Mapping[str, str] = field(default_factory=dict)
    """The file that its weights are from, where there is one."""
    data: str | None = None
    """The name of the data."""
    options: Mapping[str, str] = field(default_factory=dict)
    """What else was asked for, by name."""
    remark: str = ""
    """What there is to say of the data."""

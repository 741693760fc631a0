"""The options of `compare`, apart from models and data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spanmatch.base.arguments import Ridge, as_at_least_one, as_center, as_count, as_ridge, as_seed
from spanmatch.pair.nulls_and_folds import Resampling
from spanmatch.results.calibration import check_can_calibrate
from spanmatch.torch.observing.device_choice import as_device
from spanmatch.torch.observing.items import check_items

if TYPE_CHECKING:
    import torch

    from spanmatch.torch.observing.axis_choice import NeuronAxes
    from spanmatch.torch.observing.items import ItemsChoice
    from spanmatch.torch.observing.layers import LayerChoice
    from spanmatch.torch.observing.masks import MaskChoice


@dataclass(frozen=True, kw_only=True)
class CompareOptions:
    """The checked options of `compare`, which documents each of them.

    Errors name options between backticks, so that the command line can show its own names.

    Raises
    ------
    TypeError, ValueError
        An option is wrong, or two cannot be combined. Names of layers are checked later, with the
        models.

    Examples
    --------
    >>> CompareOptions(layers="conv*", nulls=39).resampling.nulls
    39
    """

    layers: LayerChoice | Mapping[str, str] = None
    layers_b: LayerChoice = None
    all_pairs: bool = False
    center: bool = False
    ridge: Ridge = None
    axis: NeuronAxes = None
    mask: MaskChoice = None
    trace: bool = True
    input_axis: int = 0
    items: ItemsChoice = None
    max_neurons: int | None = None
    max_memory: int | None = None
    max_batches: int | None = None
    nulls: int = 0
    folds: int = 0
    seed: int = 0
    calibrate: bool = False
    device: torch.device | str | None = None

    def __post_init__(self) -> None:
        # numpy's True is converted to Python's, since JSON cannot hold it.
        object.__setattr__(self, "center", as_center(self.center))
        object.__setattr__(self, "ridge", as_ridge(self.ridge))
        for name in ("nulls", "folds"):
            object.__setattr__(self, name, as_count(getattr(self, name), name))
        object.__setattr__(self, "seed", as_seed(self.seed))
        self.resampling.make_pair()  # Raises if the values are wrong.
        for name in ("max_batches", "max_neurons"):
            if (number := getattr(self, name)) is not None:
                object.__setattr__(self, name, as_at_least_one(number, name))
        if type(self.input_axis) is not int or self.input_axis < 0:
            raise ValueError(f"`input_axis` must be an axis from 0 on, got {self.input_axis!r}")
        check_items(self.items, self.mask, self.input_axis)
        if self.device is not None:
            as_device(self.device)
        if self.max_memory is not None and self.max_memory < 1:
            raise ValueError(f"`max_memory` must be at least 1 byte, got {self.max_memory}")
        needs_trace = self.max_neurons, self.max_memory, self.input_axis or None
        if not self.trace and needs_trace != (None, None, None):
            raise ValueError(
                "`max_neurons`, `max_memory` and `input_axis` need rows to be traced: leave out "
                "`trace=False`"
            )
        if self.layers_b is not None and isinstance(self.layers, Mapping):
            raise TypeError("`layers` is a mapping from A to B already: leave `layers_b` out")
        if self.ridge == "auto":
            self._check_can_choose()
        if self.calibrate:
            check_can_calibrate(self.nulls)
        if self.all_pairs:
            self._check_all_pairs()

    def _check_all_pairs(self) -> None:
        """Raise ValueError if an option cannot be combined with `all_pairs`."""
        if self.layers is None or isinstance(self.layers, Mapping):
            raise ValueError(
                "`all_pairs` compares every layer with every other: choose them by `layers`"
            )
        if self.folds > 0:
            raise ValueError(
                "`folds` and `all_pairs` cannot be combined: leave `all_pairs` out, and pair the "
                "layers by `layers` and `layers_b`; or leave `folds` out"
            )

    def _check_can_choose(self) -> None:
        """Raise ValueError if there are no folds to choose a ridge by."""
        if self.all_pairs:
            raise ValueError(
                '`ridge` "auto" is chosen by folds, which `all_pairs` does not keep: give a number'
            )
        if self.nulls > 0:
            raise ValueError(
                '`ridge` "auto" is chosen by folds, and nulls have none: give a number, or no '
                "`nulls`"
            )
        if self.folds == 0:
            raise ValueError('`ridge` "auto" is chosen by folds: give `folds`, usually 16')

    @property
    def resampling(self) -> Resampling:
        """The nulls and folds that each pair keeps."""
        return Resampling(self.nulls, self.folds, self.seed)

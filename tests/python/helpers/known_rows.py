"""What a comparison must say of a layer, from plain hooks and rows put together by hand.

`examine` runs a comparison with default layers on one situation, and asks for one of three answers:
the rows by hand; those or a refusal; that the layer is left out.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

import spanmatch as sm
from spanmatch.torch import ModelError, compare

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Rows = NDArray[np.float64]
    # Turns the output of a layer into inputs × rows × neurons.
    Lay = Callable[[Tensor], Tensor]

ANSWER, EITHER, LEFT_OUT = "the answer", "the answer or a refusal", "left out"
REFUSALS = (TypeError, ValueError, ModelError)
# Of what belongs to no input, a reason may say so; of all else it must not.
NO_INPUT = re.compile(r"(belongs? to|of) no input|input-free|independent of (the )?inputs?")


def seeded(seed: int, build: Callable[[], nn.Module]) -> nn.Module:
    """Build a model from a seed, in float64; nobody else's random numbers move."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build().double()


def inputs(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


class Read(nn.Module):
    """A layer whose class says nothing of the axes of what it gives."""

    def __init__(self, function: Any = torch.tanh) -> None:
        super().__init__()
        self.function = function

    def forward(self, *given: Any) -> Any:
        return self.function(*given)


class Around(nn.Module):
    """Tokens (B, T, F) → `embed` → mixed over time → `before` → `layer` → `after`.

    `embed` is always readable: what becomes of `layer` must not touch it.
    """

    def __init__(self, layer: nn.Module, before: Any = None, after: Any = None, *, wide: int = 6):
        super().__init__()
        self.embed = nn.Linear(5, wide)
        self.layer = layer
        self.before, self.after = before, after

    def forward(self, x: Tensor, attention_mask: Any = None) -> Any:
        h = torch.tanh(self.embed(x))
        if h.ndim == 3:
            h = h + 0.5 * h.cumsum(1) / h.shape[1]
        out = self.layer(h if self.before is None else self.before(h))
        return out if self.after is None else self.after(out)


@dataclass
class Told:
    """What a comparison told of one layer: an answer, or why there is none."""

    found: Any
    key: Any
    refusal: str | None = None
    left: Mapping[str, str] = field(default_factory=dict)


def run_compare(*given: Any, **options: Any) -> Any:
    """`compare`, given A, B and the data, without warnings of so few samples."""
    call: Any = compare
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sm.UndersampledWarning)
        warnings.simplefilter("ignore", sm.RaisedResolutionWarning)
        return call(*given, progress=False, **options)


def tell(*given: Any, **options: Any) -> Told:
    """Compare A and B on data; what is told of a layer, by default the one named `layer`."""
    a, b, data, layer = given if len(given) == 4 else (*given, "layer")
    try:
        found = run_compare(a, b, data, **options)
    except REFUSALS as error:
        return Told(None, layer, f"{type(error).__name__}: {error}")
    left = dict(getattr(found, "left_out", {}))
    if layer in found:
        return Told(found, layer, None, left)
    return Told(found, layer, left.get(str(layer).split("#")[0], left.get(layer)), left)


# Rows by hand


def record(model: nn.Module, data: Any, layer: str, call: int | None = None) -> list[Tensor]:
    """What a layer gives, batch by batch: the first tensor of floats, of the call that is meant."""
    model = deepcopy(model).eval()
    held: list[Tensor] = []

    def hook(_module: Any, _args: Any, returned: Any) -> None:
        first = returned if isinstance(returned, Tensor) else _first(returned)
        held.append(first.detach().clone())

    kept: list[Tensor] = []
    dtype = next((p.dtype for p in model.parameters()), torch.float64)
    handle = model.get_submodule(layer).register_forward_hook(hook)
    for batch in data:
        held.clear()
        given = batch[0] if isinstance(batch, tuple | list) else batch
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            if isinstance(given, Mapping):
                model(**{name: _cast(value, dtype) for name, value in given.items()})
            else:
                model(_cast(given, dtype))
        assert len(held) == 1 or call is not None, "say which call is meant"
        kept.append(held[call or 0])
    handle.remove()
    return kept


def by_hand(
    outputs: Sequence[Tensor], lay: Lay, masks: Sequence[Tensor] | None = None
) -> list[list[Rows]]:
    """The rows of every input of every batch, in the order of the inputs, without masked ones."""
    batches = []
    for at, output in enumerate(outputs):
        laid = lay(output)
        assert laid.ndim == 3, "inputs × rows × neurons"
        per_input = [each.double().numpy() for each in laid]
        if masks is not None:
            keep = masks[at].bool().numpy()
            per_input = [rows[which] for rows, which in zip(per_input, keep, strict=True)]
        batches.append(per_input)
    return batches


def pair_by_hand(
    x: list[list[Rows]], y: list[list[Rows]], *, nulls: int = 0, folds: int = 0, seed: int = 0
) -> sm.ActivationPair:
    pair = sm.ActivationPair(nulls=nulls, folds=folds, seed=seed)
    for batch_x, batch_y in zip(x, y, strict=True):
        counts = [len(rows) for rows in batch_x]
        assert counts == [len(rows) for rows in batch_y]
        pair.update(
            np.concatenate(batch_x),
            np.concatenate(batch_y),
            rows_per_item=[count for count in counts if count > 0],
        )
    return pair


def cka(x: Rows, y: Rows) -> float:
    """Linear CKA by its formula."""
    x, y = x - x.mean(0), y - y.mean(0)
    with np.errstate(invalid="ignore"):
        return float(
            np.linalg.norm(x.T @ y) ** 2 / (np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y))
        )


def differences(
    told: Told,
    x: list[list[Rows]],
    y: list[list[Rows]],
    *,
    nulls: int = 0,
    folds: int = 0,
    seed: int = 0,
    atol: float = 1e-6,
) -> list[str]:
    """In what an answer differs from that of rows by hand; empty: in nothing."""
    pair = told.found.pair(told.key)
    flat_x, flat_y = (np.concatenate([r for batch in side for r in batch]) for side in (x, y))
    sizes = (pair.n_samples, pair.n_x, pair.n_y)
    wanted_sizes = (len(flat_x), flat_x.shape[1], flat_y.shape[1])
    if sizes != wanted_sizes:
        return [f"(samples, n_x, n_y) is {sizes}, not {wanted_sizes}"]
    said = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        hand = pair_by_hand(x, y, nulls=nulls, folds=folds, seed=seed)
        values = sm.measures(pair).linear_cka, cka(flat_x, flat_y)
        if not np.allclose(*values, atol=atol, equal_nan=True):
            said.append(f"CKA is {values[0]:.4f}, not {values[1]:.4f}")
        spectra = told.found[told.key], sm.spectrum(hand)
        for side in "xy":
            ours, theirs = (np.sort(getattr(spectrum, side)) for spectrum in spectra)
            said += [] if np.allclose(ours, theirs, atol=1e2 * atol) else [f"c of {side} differ"]
        if (nulls or folds) and pair.n_items != hand.n_items:
            return [*said, f"items are {pair.n_items}, not {hand.n_items}"]
        if folds:
            ends = told.found.intervals[told.key].area, sm.interval(hand).area
            if not np.allclose(*ends, atol=1e2 * atol, equal_nan=True):
                said.append(f"the interval is {ends[0]}, not {ends[1]}")
        if nulls:
            areas = told.found.nulls[told.key].area, sm.null_spectra(hand).area
            if not np.allclose(*areas, atol=1e2 * atol):
                said.append("the nulls differ")
    return said


def examine(
    make: Callable[[int], nn.Module],
    data: list[Any],
    lay: Lay | tuple[Lay, Lay],
    *,
    must: str = ANSWER,
    masks: list[Tensor] | None = None,
    layer: str = "layer",
    key: Any = None,
    call: int | None = None,
    make_b: Callable[[int], nn.Module] | None = None,
    may_be_input_free: bool = False,
    reason: str | None = None,
    others: Sequence[str] = ("embed",),
    nulls: int = 0,
    folds: int = 3,
    atol: float = 1e-6,
    **options: Any,
) -> Told:
    """Compare two models of different seeds, and hold what is told of `layer` against `must`."""
    a, b = make(0), (make_b or make)(1)
    lays = lay if isinstance(lay, tuple) else (lay, lay)
    told = tell(a, b, data, key or layer, nulls=nulls, folds=folds, **options)
    if told.refusal is None and told.found is not None and told.key in told.found:
        assert must != LEFT_OUT, f"an answer, not left out: {told.found.pair(told.key)}"
        x, y = (
            by_hand(record(model, data, layer, call), each, masks)
            for model, each in zip((a, b), lays, strict=True)
        )
        wrong = differences(told, x, y, nulls=nulls, folds=folds, atol=atol)
        assert not wrong, f"wrong without a word: {'; '.join(wrong)}"
        return told
    assert must != ANSWER, f"refused: {told.refusal}"
    if must == LEFT_OUT:
        assert told.found is not None, f"all is refused for one layer: {told.refusal}"
        assert layer in told.left, f"neither answered nor listed: {dict(told.left)}"
        for other in others:
            assert other in told.found, f"{other} is lost too: {dict(told.left)}"
    assert told.refusal, f"{layer} is neither answered nor left out with a reason"
    assert layer in told.left or layer in told.refusal, f"not named: {told.refusal}"
    if not may_be_input_free:
        assert not NO_INPUT.search(told.refusal), f"not true: {told.refusal}"
    if reason is not None:
        assert re.search(reason, told.refusal), f"{reason!r} is not in {told.refusal!r}"
    return told


def _cast(value: Any, dtype: torch.dtype) -> Any:
    floats = isinstance(value, Tensor) and value.is_floating_point()
    return value.to(dtype) if floats else value.clone() if isinstance(value, Tensor) else value


def _first(returned: Any) -> Tensor:
    parts = returned.values() if isinstance(returned, Mapping) else returned
    return next(part for part in parts if isinstance(part, Tensor) and part.is_floating_point())

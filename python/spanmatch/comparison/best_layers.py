"""The most similar layer of the other network for each layer, corrected for the search."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from spanmatch.base.constants import TOLERANCE
from spanmatch.base.shown_text import GAP, show_controls
from spanmatch.comparison.keys import label, shorten_names
from spanmatch.comparison.table import LETTERS, align_columns, leave_out_middle
from spanmatch.solve.calibrate import MEASURES
from spanmatch.solve.layer_answer import measure_answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from spanmatch.comparison.keys import Key
    from spanmatch.comparison.layers import ComparedLayers
    from spanmatch.pair.pair import ActivationPair
    from spanmatch.results.result import Floats

WAY_OUT = "compare with `all_pairs=True` and `nulls=39`"
NOBODY = "–"


@dataclass(frozen=True)
class BestLayer:
    """The most similar layer of the other network for one layer."""

    layer: str | None
    """The layer with the largest t; None if the measure is nan for all layers."""
    value: float
    """The measure between both layers."""
    t: float
    """(value - mean of its nulls) / their standard deviation; inf above nulls that are equal."""
    p_value: float
    """(1 + the number of nulls whose best layer stands out as much) / (1 + the number of nulls)."""
    raw_layer: str | None
    """The layer with the largest measure, not corrected for chance."""
    raw_value: float
    """The measure of `raw_layer`."""


@dataclass(frozen=True, repr=False)
class BestLayers:
    """The most similar layer of the other network for every layer, with p-values.

    The best layer is the one with the largest t. The p-value is that of the max-T procedure of
    Westfall and Young (arXiv 2602.14486). Each measure is standardised by its mean and deviation
    over the data and all nulls together. All pairs of layers share the circular shifts, so for
    unrelated networks the data and the nulls are exchangeable, and so are their largest values over
    the layers. The p-value is the rank of the data's largest value among those of the nulls. It is
    valid at any number of nulls and layers. The standardised value grows with t, so both choose the
    same layer. The p-value accounts for the search among the layers of the other network. It does
    not account for the number of layers for which there is a p-value.
    """

    measure: str
    """The name of the measure."""
    n_nulls: int
    """The number of nulls with different circular shifts."""
    of_a: Mapping[str, BestLayer]
    """The best layer of B for every layer of A."""
    of_b: Mapping[str, BestLayer]
    """The best layer of A for every layer of B."""

    def __post_init__(self) -> None:
        for name in ("of_a", "of_b"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    def __reduce__(self) -> tuple[Any, ...]:
        return BestLayers, (self.measure, self.n_nulls, dict(self.of_a), dict(self.of_b))

    def to_dataframe(self) -> pd.DataFrame:
        """Return a pandas table with a row for every layer of either network.

        The columns are `model` ("A" or "B"), `layer`, `best`, `value`, `t`, `p`, `raw_best` and
        `raw_value`.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise ImportError("to_dataframe needs pandas: pip install pandas") from error
        return pd.DataFrame(
            [
                {
                    "model": model,
                    "layer": layer,
                    "best": found.layer,
                    "value": found.value,
                    "t": found.t,
                    "p": found.p_value,
                    "raw_best": found.raw_layer,
                    "raw_value": found.raw_value,
                }
                for model, of_model in (("A", self.of_a), ("B", self.of_b))
                for layer, found in of_model.items()
            ]
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as numbers, texts and dicts."""
        return {
            "measure": self.measure,
            "n_nulls": self.n_nulls,
            "of_a": {layer: asdict(found) for layer, found in self.of_a.items()},
            "of_b": {layer: asdict(found) for layer, found in self.of_b.items()},
        }

    def __repr__(self) -> str:
        head = f"Best layers by {self.measure}: {self.n_nulls} distinct nulls"
        return show_controls(
            "\n".join(
                [
                    head,
                    "",
                    *_format_direction(self.of_a, "layer of A", "best of B"),
                    "",
                    *_format_direction(self.of_b, "layer of B", "best of A"),
                    "",
                    "t: the measure less the mean of its nulls, in their standard deviations",
                    "p: how often, by chance, the best of these layers stands out as much",
                    "largest: the layer of the largest measure, which it may owe to its width",
                ]
            )
        )


class _Standardised(NamedTuple):
    """The standardised measure of one pair of layers."""

    value: float
    t: float
    z: Floats
    """The standardised measure of the data, followed by that of each null."""


def find_best_layers(
    layers: ComparedLayers, pairs: Mapping[Key, ActivationPair] | None, measure: str
) -> BestLayers:
    """Return the best layers by a measure, or raise ValueError if they are not known."""
    if not layers.all_pairs:
        raise ValueError(
            f"a best layer is chosen among many, but these were compared one by one: {WAY_OUT}"
        )
    drawn = _list_draws(layers, pairs, measure)
    first_key, (first, _, _) = next(iter(drawn.items()))
    for key, (rolls, _, _) in drawn.items():
        if not np.array_equal(rolls, first):
            raise ValueError(
                f"the nulls of {label(key)} have other circular shifts than those of "
                f"{label(first_key)}, so no best layer can be chosen among them: {WAY_OUT}"
            )
    distinct = np.sort(np.unique(first, return_index=True)[1])
    found = {key: _standardise(value, nulls[distinct]) for key, (_, value, nulls) in drawn.items()}
    of_a = {
        a: {key[1]: each for key, each in found.items() if key[0] == a} for a in layers.layers_a
    }
    of_b = {
        b: {key[0]: each for key, each in found.items() if key[1] == b} for b in layers.layers_b
    }
    return BestLayers(
        measure,
        distinct.size,
        {layer: _choose(others) for layer, others in of_a.items()},
        {layer: _choose(others) for layer, others in of_b.items()},
    )


def _list_draws(
    layers: ComparedLayers, pairs: Mapping[Key, ActivationPair] | None, measure: str
) -> dict[Key, tuple[NDArray[np.uint64], float, Floats]]:
    """Return the shifts and the measure, on data and nulls, of every pair of layers."""
    if measure == "area" and all(key in layers.nulls for key in layers):
        return {
            key: (layers.nulls[key].rolls, layers[key].area, layers.nulls[key].area)
            for key in layers
        }
    kept = [each for each in layers.calibrations.values() if measure in each]
    if not kept and measure not in MEASURES:
        raise ValueError(f"there is no measure {measure!r}: there are {', '.join(MEASURES)}")
    return {key: _draw(layers, pairs, key, measure) for key in layers}


def _draw(
    layers: ComparedLayers, pairs: Mapping[Key, ActivationPair] | None, key: Key, measure: str
) -> tuple[NDArray[np.uint64], float, Floats]:
    """Return the shifts and the measure of one pair of layers, from a calibration or computed."""
    kept = layers.calibrations.get(key)
    if kept is not None and measure in kept:
        at = kept.names.index(measure)
        return kept.rolls, float(kept.observed[at]), kept.nulls[at]
    if pairs is None or measure not in MEASURES or (pair := pairs[key]).n_nulls == 0:
        raise ValueError(f"{measure} is not known for nulls of {label(key)}: {WAY_OUT}")
    found = measure_answer(layers.solved(key), pair, measure, center=layers.center)
    return found.rolls, float(found.observed[0]), found.nulls[0]


def _standardise(value: float, nulls: Floats) -> _Standardised | None:
    """Return the standardised measure of one pair of layers; None if any value is nan."""
    drawn = np.concatenate([[value], nulls])
    if not np.isfinite(drawn).all():
        return None
    if np.ptp(drawn) <= TOLERANCE:
        return _Standardised(value, 0.0, np.zeros(drawn.size))
    above, spread = value - float(nulls.mean()), float(nulls.std())
    # Nulls that are all equal may differ from their mean by rounding.
    t = math.copysign(math.inf, above) if np.ptp(nulls) <= TOLERANCE else above / spread
    return _Standardised(value, t, (drawn - drawn.mean()) / drawn.std())


def _choose(others: Mapping[str, _Standardised | None]) -> BestLayer:
    """Return the best among the layers of the other network."""
    known = {layer: each for layer, each in others.items() if each is not None}
    if not known:
        return BestLayer(None, math.nan, math.nan, math.nan, None, math.nan)
    z = np.array([each.z for each in known.values()])
    largest = z.max(axis=0)
    names, raw = list(known), [each.value for each in known.values()]
    # Of several layers with an equal z, as above nulls that are all equal, take the most similar.
    first = [at for at in range(len(names)) if z[at, 0] >= largest[0] - TOLERANCE]
    best = max(first, key=raw.__getitem__)
    most = int(np.argmax(raw))
    reached = int((largest[1:] >= largest[0] - TOLERANCE).sum())
    chosen = known[names[best]]
    return BestLayer(
        names[best],
        chosen.value,
        chosen.t,
        (1 + reached) / largest.size,
        names[most],
        raw[most],
    )


def _format_direction(found: Mapping[str, BestLayer], of: str, best: str) -> list[str]:
    others = [each for of_one in found.values() for each in (of_one.layer, of_one.raw_layer)]
    short = shorten_names(list(found), LETTERS)
    named = [each for each in dict.fromkeys(others) if each is not None]
    of_others: Mapping[Any, str] = shorten_names(named, LETTERS) if named else {}
    short_others: dict[str | None, str] = {None: NOBODY, **of_others}
    table = [[of, best, "value", "t", "p", "largest", "value"]]
    table += [
        [GAP] if layer is None else _format_row(short, short_others, layer, found)
        for layer in leave_out_middle(list(found))
    ]
    return list(align_columns(table, 2))


def _format_row(
    short: Mapping[str, str],
    short_others: Mapping[str | None, str],
    layer: str,
    found: Mapping[str, BestLayer],
) -> list[str]:
    each = found[layer]
    figures = [f"{each.value:.2f}", f"{each.t:.1f}", f"{each.p_value:.2g}"]
    return [
        short[layer],
        short_others[each.layer],
        *figures,
        short_others[each.raw_layer],
        f"{each.raw_value:.2f}",
    ]

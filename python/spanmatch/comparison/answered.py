"""A comparison made from the results of its layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanmatch.comparison.comparison import Comparison

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spanmatch.comparison.keys import Key
    from spanmatch.pair.pair import ActivationPair
    from spanmatch.results.layer_answer import LayerAnswer


def make_comparison(
    answers: Mapping[Key, LayerAnswer],
    pairs: Mapping[Key, ActivationPair] | None,
    *,
    center: bool,
    notes: Mapping[Key, str],
    inputs: int | None,
    left_out: Mapping[str, str],
) -> Comparison:
    """Return the comparison with these answers; the other arguments are those of `Comparison`."""
    return Comparison(
        {key: each.spectrum for key, each in answers.items()},
        pairs,
        center=center,
        notes=notes,
        inputs=inputs,
        nulls={key: each.nulls for key, each in answers.items() if each.nulls is not None},
        intervals={
            key: each.interval for key, each in answers.items() if each.interval is not None
        },
        held_out={key: each.held_out for key, each in answers.items() if each.held_out is not None},
        one_to_one={
            key: each.one_to_one for key, each in answers.items() if each.one_to_one is not None
        },
        calibrations={
            key: each.calibration for key, each in answers.items() if each.calibration is not None
        },
        left_out=left_out,
    )

"""One layer of many networks, as arrays of networks × networks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from numpy.typing import ArrayLike

    from spanmatch.results.layer_answer import LayerAnswer
    from spanmatch.results.result import Floats

    Networks = tuple[str, str]


class ManyLayer:
    """The results for one layer of many networks, as `many["features.3"]` returns them.

    Every array has a row and a column for each network, in the order of `networks`. It is nan for
    two networks that were not compared at this layer.
    """

    __slots__ = ("_answers", "_measure", "_name", "_networks")

    def __init__(
        self,
        name: str,
        networks: tuple[str, ...],
        answers: Mapping[Networks, LayerAnswer],
        measure: Callable[[str], Floats],
    ) -> None:
        self._name, self._networks, self._measure = name, networks, measure
        self._answers = dict(answers)

    @property
    def name(self) -> str:
        """The name of the layer."""
        return self._name

    @property
    def networks(self) -> tuple[str, ...]:
        """The networks, in order."""
        return self._networks

    @property
    def answers(self) -> dict[Networks, LayerAnswer]:
        """All results for every two networks that were compared at this layer."""
        return dict(self._answers)

    @property
    def living(self) -> Floats:
        """The part of each network's neurons that are not dead, of shape (networks,).

        It is the similarity of a network with itself at any ε, and fills the diagonal of other
        arrays. It is nan for a network that was not compared. It is nan with a ridge too, because
        then a neuron has a residual on itself.
        """
        living = np.full(len(self._networks), np.nan)
        for pair, answer in self._answers.items():
            spectrum = answer.spectrum
            for network, critical in zip(pair, (spectrum.x, spectrum.y), strict=True):
                part = float(np.isfinite(critical).mean()) if critical.size > 0 else 0.0
                living[self._networks.index(network)] = np.nan if spectrum.ridge else part
        return living

    @property
    def area(self) -> Floats:
        """The area under s(ε) of every two networks, with `living` on the diagonal."""
        return self._arrange(lambda each: each.spectrum.area, self.living)

    def similarity(self, eps: ArrayLike) -> Floats:
        """Return s(ε) of every two networks, with `living` on the diagonal.

        Parameters
        ----------
        eps
            A number in [0, 1), or an array of them.

        Returns
        -------
        array
            Of shape (networks, networks), followed by the shape of `eps`.
        """
        return self._arrange(lambda each: each.spectrum.similarity(eps), self.living)

    def one_to_one(self, eps: ArrayLike) -> Floats:
        """Return s1(ε), the part of neurons in disjoint pairs, in the form of `similarity`."""
        return self._arrange(
            lambda each: None if each.one_to_one is None else each.one_to_one.similarity(eps),
            self.living,
        )

    @property
    def one_to_one_area(self) -> Floats:
        """The area under s1(ε) of every two networks, with `living` on the diagonal."""
        return self._arrange(
            lambda each: None if each.one_to_one is None else each.one_to_one.area, self.living
        )

    @property
    def p_value(self) -> Floats:
        """The p-value of each area; nan on the diagonal, and without nulls."""
        return self._arrange(
            lambda each: None if each.nulls is None else each.nulls.p_value(each.spectrum)
        )

    @property
    def interval(self) -> Floats:
        """The interval for each area, of shape (networks, networks, 2); nan without folds."""
        found = self._arrange(lambda each: None if each.interval is None else each.interval.area)
        ends = (*found.shape[:2], 2)
        return found if found.shape == ends else np.full(ends, np.nan)

    def measure(self, name: str) -> Floats:
        """Return a measure of every two networks, computed from their pairs.

        The row is x and the column is y. So `measure("r2_x")[a, b]` is the part of a's variance
        that b explains, and "pwcca" is weighted by the network of the row. The diagonal is 1 for a
        similarity, 0 for the Procrustes distance, and nan for other measures.

        Parameters
        ----------
        name
            A field of `Measures`, such as "linear_cka", or a name that `measures` takes in `also`.

        Raises
        ------
        KeyError
            There is no such measure.
        ValueError
            The sums are not kept.
        """
        return np.array(self._measure(name))

    def __repr__(self) -> str:
        area = self.area[~np.eye(len(self._networks), dtype=bool)]
        least, most = np.nanmin(area), np.nanmax(area)
        return (
            f"ManyLayer({self._name!r}, {len(self._networks)} networks, "
            f"area {least:.4f} to {most:.4f})"
        )

    def _arrange(
        self, show: Callable[[LayerAnswer], Any], diagonal: Floats | None = None
    ) -> Floats:
        """Return a symmetric array of a value of every two networks; nan for None."""
        values = {pair: show(answer) for pair, answer in self._answers.items()}
        return _arrange(self._networks, values, diagonal)


def _arrange(
    networks: tuple[str, ...],
    values: Mapping[Networks, Any],
    diagonal: Floats | None = None,
) -> Floats:
    """Return an array of networks × networks, followed by the shape of a value; nan for None."""
    known = {
        pair: np.asarray(each, np.float64) for pair, each in values.items() if each is not None
    }
    inner = _find_shape(known.values())
    count = len(networks)
    found = np.full((count, count, *inner), np.nan)
    at = {network: index for index, network in enumerate(networks)}
    for (a, b), value in known.items():
        found[at[a], at[b]] = found[at[b], at[a]] = value
    if diagonal is not None:
        for index, value in enumerate(diagonal):
            found[index, index] = value
    return found


def _find_shape(values: Iterable[Floats]) -> tuple[int, ...]:
    return next((each.shape for each in values), ())

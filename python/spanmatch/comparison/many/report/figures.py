"""The figures of a page, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from spanmatch.comparison.many.many_picture import choose_layers
from spanmatch.comparison.many.network_distances import list_shared_layers
from spanmatch.comparison.many.network_matrices import WIDTH, begin_matrices, draw_matrices
from spanmatch.comparison.many.network_tree import draw_tree, has_tree, measure_tree
from spanmatch.comparison.many.reference_curves import draw_reference_curves
from spanmatch.plot.page.drawing import Drawing

if TYPE_CHECKING:
    from collections.abc import Callable

    from spanmatch.comparison.many.compared_networks import ComparedNetworks
    from spanmatch.comparison.many.many_layer import ManyLayer
    from spanmatch.results.result import Floats

PANELS = 60  # At most this number of layers is shown, each in its own panel.


def draw_figures(many: ComparedNetworks) -> list[Drawing]:
    """Draw every figure for which there are numbers."""
    if many.reference is not None:
        return [_draw_course(many, many.reference)]
    found = [
        _draw_layers(
            many,
            lambda layer: layer.area,
            name="areas",
            title="Which networks are alike, layer by layer",
            caption="The area under s(ε) of every two networks; one with itself is left white.",
            label="area under s(ε)",
        )
    ]
    if all(each.one_to_one for layer in many.values() for each in layer.answers.values()):
        found.append(
            _draw_layers(
                many,
                lambda layer: layer.one_to_one_area,
                name="one-to-one",
                title="What they share neuron by neuron",
                caption="The area under s1(ε), what disjoint pairs of single neurons make up, of "
                "every two networks. The rest of the area is shared one by one but repeated, or "
                "only in another basis.",
                label="area under s1(ε)",
            )
        )
    return [*found, *([_draw_map(many)] if has_tree(many) else [])]


def _draw_layers(
    many: ComparedNetworks,
    show: Callable[[ManyLayer], Floats],
    *,
    name: str,
    title: str,
    caption: str,
    label: str,
) -> Drawing:
    layers = choose_layers(many.layers, PANELS)
    grid = begin_matrices(many.networks, len(layers))
    draw_matrices(grid, many.networks, {layer: show(many[layer]) for layer in layers}, label)
    if len(layers) < len(many):
        caption += f" {len(layers)} of {len(many)} layers are shown."
    if any(len(many[layer].answers) < _count_pairs(many) for layer in layers):
        caption += " Where there is no figure and no colour, two networks were not compared."
    return Drawing(name, title, caption, grid.figure)


def _count_pairs(many: ComparedNetworks) -> int:
    return len(many.networks) * (len(many.networks) - 1) // 2


def _draw_map(many: ComparedNetworks) -> Drawing:
    figure = Figure(figsize=(WIDTH, measure_tree(len(many.networks))))
    draw_tree(figure, many)
    shared = list_shared_layers(many)
    over = "all layers"
    if len(shared) < len(many):
        over = f"the {len(shared)} of {len(many)} layers that all pairs have"
    return Drawing(
        "nearest",
        "Which networks are near each other",
        "A tree of the networks by average linkage: the further left two branches meet, the less "
        f"alike they are. A distance is 1 less the mean of the areas over {over}.",
        figure,
    )


def _draw_course(many: ComparedNetworks, reference: str) -> Drawing:
    return Drawing(
        "course",
        f"Each network with {reference}",
        "The area under s(ε) of each layer, along the networks in their order.",
        draw_reference_curves(many),
    )

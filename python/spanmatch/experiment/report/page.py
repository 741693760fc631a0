"""The page of a report, made from findings, claims and figures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from spanmatch.base.words import count_of
from spanmatch.experiment.report.claims import is_above_chance
from spanmatch.experiment.report.drawing import COMPARED
from spanmatch.plot.page.template import inline_drawing, load_page
from spanmatch.solve.undersampled import explain_too_few

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spanmatch.experiment.report.claim import Claim
    from spanmatch.experiment.report.drawing import NumberedDrawing
    from spanmatch.experiment.report.findings import Findings


def render_page(
    findings: Findings, claims: Sequence[Claim], figures: Sequence[NumberedDrawing]
) -> str:
    """Return a report as one HTML file that needs no other file."""
    first = findings.compared[0].comparison
    return load_page("spanmatch.experiment.report").render(
        headline=_write_headline(findings),
        config=findings.config,
        versions=findings.versions,
        networks=findings.networks,
        layers=findings.layers,
        inputs=first.inputs,
        held_out=_is_held_out(findings),
        claims=claims,
        figures=[(figure, inline_drawing(figure)) for figure in figures],
        sure=_list_areas(findings),
        controls=_list_controls(findings),
        calibrated=any(figure.name == "calibrated" for figure in figures),
        banded=any(findings.one_to_one(layer) for layer in findings.layers),
        dead=_list_dead(findings),
        warnings=_list_warnings(findings),
    )


def _is_held_out(findings: Findings) -> bool:
    """Tell whether it is known that no network was trained on the data of the comparisons."""
    config = findings.config
    sets = ("digits", "mnist5k", "cifar10")
    known = config.data.partition(":")[0] in sets
    return known and not config.checkpoints and config.train_data is None


def _list_controls(findings: Findings) -> list[dict[str, Any]]:
    """Return a row for each kind of comparison and layer: the mean area, and s at each ε."""
    return [
        {
            "kind": label,
            "layer": layer,
            "area": float(findings.areas(kind, layer).mean()),
            "similarity": findings.similarity(kind, layer, findings.config.eps)
            .mean(axis=0)
            .tolist(),
        }
        for layer in findings.layers
        for kind, (label, _) in COMPARED.items()
        if findings.of(kind)
    ]


def _list_areas(findings: Findings) -> list[dict[str, Any]]:
    """Return for each layer and pair the area with its interval, the range of its nulls, and p."""
    return [
        {
            "layer": layer,
            "networks": each.name,
            "area": answer.spectrum.area,
            "held_out": answer.held_out_residual,
            "interval": None if answer.interval is None else answer.interval.area.tolist(),
            "nulls": None if answer.nulls is None else (min(areas), max(areas)),
            "p": None if answer.nulls is None else answer.nulls.p_value(answer.spectrum),
            "calibrated": None if answer.calibration is None else answer.calibration["area"].score,
        }
        for layer in findings.layers
        for each, answer in zip(findings.of("trained"), findings.answers(layer), strict=True)
        if answer.nulls is not None or answer.interval is not None
        for areas in [[] if answer.nulls is None else answer.nulls.area.tolist()]
    ]


def _list_dead(findings: Findings) -> list[tuple[str, str]]:
    """Return the layers with dead neurons, and how many each network has."""
    found = []
    for layer in findings.layers:
        counts: dict[str, int] = {}
        for each in findings.of("trained"):
            sides = zip((each.planned.a, each.planned.b), each.comparison[layer].dead, strict=True)
            counts |= {name: len(neurons) for name, neurons in sides}
        if any(counts.values()):
            found.append((layer, ", ".join(f"{name}: {count}" for name, count in counts.items())))
    return found


def _list_warnings(findings: Findings) -> list[str]:
    found = []
    if len(findings.of("trained")) < 3:
        found.append(
            "With fewer than three networks the spread over training runs is not known: give more "
            "seeds."
        )
    first = findings.of("trained")[0].comparison
    for layer in findings.layers:
        spectrum = first[layer]
        found += [
            f"{layer}: {complaint}."
            for complaint in explain_too_few(
                spectrum.n_samples, max(spectrum.x.size, spectrum.y.size), spectrum.ridge
            )
        ]
        chance = findings.chance(layer)
        if math.isnan(chance):
            found.append(f"{layer}: no neuron lives.")
        elif hidden := [eps for eps in findings.config.eps if eps >= chance]:
            found.append(
                f"{layer}: unrelated neurons match from ε = {chance:.2f} on, so sizes are not "
                f"shown at {', '.join(f'{eps:g}' for eps in hidden)}."
            )
    measured = all(findings.null_areas(layer).size for layer in findings.layers)
    if not measured and any(findings.is_map(layer) for layer in findings.layers):
        found.append(
            "In layers of maps every position is a sample. Positions of an image depend on each "
            "other, so the true chance level lies lower than the one computed from counts: "
            "unrelated neurons may match at a smaller ε."
        )
    if note := _explain_shuffling(findings):
        found.append(f"{note[0].upper()}{note[1:]}.")
    for each in findings.compared:
        found += [f"{each.name}, {layer}: {note}" for layer, note in each.comparison.notes.items()]
    return found


def _explain_shuffling(findings: Findings) -> str:
    if findings.config.nulls == 0:
        return ""
    # This is the only place where a report needs torch.
    from spanmatch.torch.loading.data.shuffled import explain_shuffling

    return explain_shuffling(findings.config.data, findings.config.nulls)


def _write_headline(findings: Findings) -> str:
    """Return the main result, in one or two sentences."""
    layers = [layer for layer in findings.layers if is_above_chance(findings, layer)]
    pairs = len(findings.of("trained"))
    over = f"Over {count_of(pairs, 'pair')} of trained networks"
    if not layers:
        return f"{over} no layer matches clearly more than unrelated neurons would."
    areas = {layer: float(findings.areas("trained", layer).mean()) for layer in layers}
    most, least = max(areas, key=areas.__getitem__), min(areas, key=areas.__getitem__)
    return (
        f"{over}, {len(layers)} of {len(findings.layers)} layers match clearly more than unrelated "
        f"neurons would. The area under s(ε), 1 where every neuron matches exactly, runs in them "
        f"from {areas[least]:.2f} at {least} to {areas[most]:.2f} at {most}."
    )

"""The page of a report, made of findings, claims and figures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from spanmatch.report.figures import KINDS
from spanmatch.report.style import as_svg, inline
from spanmatch.sampling import too_few

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spanmatch.report.claims import Claim
    from spanmatch.report.figures import Drawn
    from spanmatch.report.findings import Findings


def page(findings: Findings, claims: Sequence[Claim], figures: Sequence[Drawn]) -> str:
    """Return a report as one HTML file that refers to no other."""
    environment = Environment(
        loader=PackageLoader("spanmatch.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    first = findings.compared[0].comparison
    return environment.get_template("page.html").render(
        headline=_headline(findings),
        config=findings.config,
        versions=findings.versions,
        networks=findings.networks,
        layers=findings.layers,
        inputs=first.inputs,
        claims=claims,
        figures=[(figure, _drawing(figure)) for figure in figures],
        controls=_controls(findings),
        dead=_dead(findings),
        warnings=_warnings(findings),
    )


def _drawing(drawn: Drawn) -> Markup:
    label = f'aria-label="{escape(drawn.title)}"'
    # Safe: matplotlib escapes the names of layers, and the label is escaped here.
    return Markup(inline(as_svg(drawn.figure, drawn.name), label))


def _controls(findings: Findings) -> list[dict[str, Any]]:
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
        for kind, (label, _) in KINDS.items()
        if findings.of(kind)
    ]


def _dead(findings: Findings) -> list[tuple[str, str]]:
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


def _warnings(findings: Findings) -> list[str]:
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
            for complaint in too_few(spectrum.n_samples, max(spectrum.x.size, spectrum.y.size))
        ]
        chance = findings.chance(layer)
        if math.isnan(chance):
            found.append(f"{layer}: no neuron lives.")
        elif hidden := [eps for eps in findings.config.eps if eps >= chance]:
            found.append(
                f"{layer}: unrelated neurons match from ε = {chance:.2f} on, so that sizes are not "
                f"shown at {', '.join(f'{eps:g}' for eps in hidden)}."
            )
    if any(findings.is_map(layer) for layer in findings.layers):
        found.append(
            "In layers of maps every position is a sample. Positions of an image depend on each "
            "other, so that their chance level is an upper bound: unrelated neurons may match from "
            "a smaller ε on."
        )
    for each in findings.compared:
        found += [f"{each.name}, {layer}: {note}" for layer, note in each.comparison.notes.items()]
    return found


def _headline(findings: Findings) -> str:
    """Return the answer in a sentence."""
    areas = {layer: findings.areas("trained", layer).mean() for layer in findings.layers}
    most, least = max(areas, key=areas.__getitem__), min(areas, key=areas.__getitem__)
    pairs = len(findings.of("trained"))
    count = f"{pairs} {'pair' if pairs == 1 else 'pairs'}"
    layers = f"{len(areas)} {'layer' if len(areas) == 1 else 'layers'}"
    return (
        f"Over {count} of trained networks and {layers} the area under s(ε) is "
        f"{np.mean(list(areas.values())):.2f} in the mean (1: every neuron matches exactly): most "
        f"alike is {most} with {areas[most]:.2f}, least {least} with {areas[least]:.2f}."
    )

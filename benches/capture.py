"""Time `compare` on resnet18 against its forward passes and products: `python benches/capture.py`.

What is left is what capture costs: hooks, copies, and turning maps into rows. One thread.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import torch
from spectrum import best, report
from torch import nn
from torchvision.models import resnet18

import spanmatch as sm
from spanmatch.torch.comparing.collect import collect_pairs
from spanmatch.torch.comparing.options import CompareOptions
from spanmatch.torch.observing.observer import Observer

if TYPE_CHECKING:
    from spanmatch.torch.observing.activations import Activations

BATCHES, BATCH, SIZE = 20, 32, 64


def keep(rows: dict[str, torch.Tensor], name: str, _: int, activations: Activations) -> None:
    rows[name] = activations.rows()


def main() -> None:
    torch.manual_seed(0)
    a, b = resnet18().eval(), resnet18().eval()
    images = torch.randn(BATCH, 3, SIZE, SIZE)
    layers = [name for name, module in a.named_modules() if isinstance(module, nn.Conv2d)]
    seen: list[dict[str, torch.Tensor]] = [{}, {}]
    for model, rows in zip((a, b), seen, strict=True):
        with Observer(model, layers) as observer:
            observer.run(images, partial(keep, rows))

    def forward() -> None:
        with torch.no_grad():
            for _ in range(BATCHES):
                a(images)
                b(images)

    def products() -> None:
        pairs = {layer: sm.ActivationPair() for layer in layers}
        for _ in range(BATCHES):
            for layer in layers:
                pairs[layer].update(seen[0][layer], seen[1][layer])

    def both() -> None:
        options = CompareOptions(layers=layers)
        collect_pairs((a, b), [images] * BATCHES, options, progress=False)

    times = best(forward=forward, products=products, both=both)
    cost = times["both"] - times["forward"] - times["products"]
    print(f"resnet18, {len(layers)} convolutions, {BATCHES} x {BATCH} images of {SIZE} x {SIZE}")
    for name, what in (
        ("forward", "two forward passes"),
        ("products", "products"),
        ("both", "all"),
    ):
        print(f"  {what} {times[name]:.3f} s")
    report("capture / two forward passes", cost / times["forward"], "<= 0.15")


if __name__ == "__main__":
    torch.set_num_threads(1)
    sm.set_num_threads(1)
    main()

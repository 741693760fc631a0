"""The recipes of the page on caches of activations, as they stand, against the real libraries."""

from __future__ import annotations

import re
from runpy import run_path
from typing import TYPE_CHECKING, Any

import pytest
import torch

import spanmatch as sm
from docs_pages import split_by_headings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., dict[str, Any]]

PARTS = split_by_headings("pipelines/activation_caches")
HEAVY = "of the group pipelines, which `make pipelines` installs in an environment of its own"
TOKENS = torch.randint(1, 50, (64, 12), generator=torch.Generator().manual_seed(0))
BATCHES = TOKENS.split(16)
# What these libraries warn of is theirs.
pytestmark = pytest.mark.filterwarnings("ignore")


def recipe(heading: str, number: int = 0) -> str:
    """Return a block of a part of the page."""
    blocks: list[str] = re.findall(r"```text\n(.*?)```", PARTS[heading], re.DOTALL)
    return blocks[number]


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Return what runs a block as a file, whose source nnsight reads."""

    def run_block(code: str, **names: Any) -> dict[str, Any]:
        path = tmp_path / "block.py"
        path.write_text(code, encoding="utf-8")
        return run_path(str(path), init_globals=names)

    return run_block


def same_pair(found: Any, expected: sm.ActivationPair) -> bool:
    return found.n_samples == expected.n_samples and bool(
        (abs(found.gram() - expected.gram()) <= 1e-5 * abs(expected.gram()).max()).all()
    )


def make_gpt2(seed: int) -> Any:
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(seed)
    config = GPT2Config(
        n_embd=16, n_layer=2, n_head=2, vocab_size=50, n_positions=16, bos_token_id=0,
        eos_token_id=0,
    )  # fmt: skip
    return GPT2LMHeadModel(config).eval()


def make_hooked(seed: int) -> Any:
    lens = pytest.importorskip("transformer_lens", reason=HEAVY)
    config = lens.HookedTransformerConfig(
        n_layers=2, d_model=16, n_ctx=16, d_head=8, n_heads=2, d_vocab=50, act_fn="gelu",
        seed=seed, device="cpu",
    )  # fmt: skip
    return lens.HookedTransformer(config).eval()


def by_hooks(models: list[Any], layer: str) -> sm.ActivationPair:
    """Return the pair of a layer by hooks of torch."""
    pair, seen = sm.ActivationPair(), dict[int, Any]()
    for batch in BATCHES:
        for at, model in enumerate(models):

            def keep(_module: Any, _inputs: Any, output: Any, at: int = at) -> None:
                seen[at] = output[0] if isinstance(output, tuple) else output

            handle = model.get_submodule(layer).register_forward_hook(keep)
            with torch.no_grad():
                model(batch)
            handle.remove()
        pair.update(sm.as_rows(seen[0]), sm.as_rows(seen[1]))
    return pair


def test_nnsight(run: Run) -> None:
    nnsight = pytest.importorskip("nnsight", reason=HEAVY)
    models = [make_gpt2(seed) for seed in (0, 1)]
    a, b = map(nnsight.NNsight, models)
    found = run(recipe("nnsight"), model_a=a, model_b=b, batches=BATCHES)
    assert same_pair(found["pair"], by_hooks(models, "transformer.h.1"))


def test_transformer_lens(run: Run) -> None:
    a, b = make_hooked(0), make_hooked(1)
    hook = "blocks.1.hook_resid_post"
    expected = by_hooks([a, b], hook)
    names = {"model_a": a, "model_b": b, "batches": BATCHES}
    compared = run(recipe("transformerlens"), **names)["comparison"]
    assert compared.layers == ("blocks.0.hook_resid_post", hook)
    assert same_pair(compared.pair(hook), expected)
    assert same_pair(run(recipe("transformerlens", 1), **names)["pair"], expected)


def test_heads_of_transformer_lens() -> None:
    from spanmatch.torch import compare

    a, b = make_hooked(0), make_hooked(1)
    hook = "blocks.1.attn.hook_z"
    caches = [model.run_with_cache(TOKENS)[1][hook] for model in (a, b)]
    pair = sm.ActivationPair()
    pair.update(*(sm.as_rows(each.flatten(2)) for each in caches))
    axis: Any = {"*.hook_z": (2, 3)}
    compared = compare(a, b, BATCHES, layers=hook, axis=axis, progress=False)
    assert same_pair(compared.pair(hook), pair)


def test_latents_of_sae_lens(run: Run) -> None:
    lens = pytest.importorskip("sae_lens", reason=HEAVY)
    config = lens.TopKSAEConfig(d_in=16, d_sae=128, k=4, device="cpu", dtype="float32")
    saes = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        saes.append(lens.TopKSAE(config))
    rows = torch.randn(2000, 16, generator=torch.Generator().manual_seed(1))
    found = run(recipe("saelens"), sae_a=saes[0], sae_b=saes[1], activations=rows.split(500))[
        "pair"
    ]
    with torch.no_grad():
        latents = [sae.encode(rows) for sae in saes]
    expected = sm.ActivationPair()
    expected.update(*latents)
    assert (latents[0] != 0).float().mean() < 1 / 16
    assert same_pair(found, expected)


def test_caches_of_sae_lens(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Written by its own runner, of which the model alone is made here."""
    lens = pytest.importorskip("sae_lens", reason=HEAVY)
    datasets = pytest.importorskip("datasets", reason=HEAVY)
    hook, folders = "blocks.1.hook_resid_post", []
    data = datasets.Dataset.from_dict({"input_ids": TOKENS.tolist()})
    for seed in (0, 1):
        model = make_hooked(seed)
        monkeypatch.setattr("sae_lens.cache_activations_runner.load_model", lambda m=model, **_: m)
        config = lens.CacheActivationsRunnerConfig(
            dataset_path="none", model_name="made here", model_batch_size=8, hook_name=hook,
            d_in=16, training_tokens=TOKENS.numel(), context_size=12, buffer_size_gb=0.0005,
            new_cached_activations_path=str(tmp_path / str(seed)), device="cpu",
            dtype="float32", prepend_bos=False,
        )  # fmt: skip
        lens.CacheActivationsRunner(config, override_dataset=data).run()
        folders.append(tmp_path / str(seed))
    found = run(recipe("saelens", 1), folder_a=folders[0], folder_b=folders[1])
    n_rows = found["a"].num_rows
    assert found["pair"].n_samples == n_rows * 12 > 0
    tokens = found["a"][:]["token_ids"]
    again = sm.ActivationPair()
    again.update(
        *(sm.as_rows(make_hooked(seed).run_with_cache(tokens)[1][hook]) for seed in (0, 1))
    )
    assert same_pair(found["pair"], again)

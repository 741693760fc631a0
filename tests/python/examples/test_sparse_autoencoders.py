"""The worked example on sparse autoencoders, with a stand-in for the model."""

from __future__ import annotations

import sys
import zlib
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

import spanmatch as sm

EXAMPLES = Path(__file__).parents[3] / "examples"
PACKAGES = ("numpy.polynomial",)
"""Few files, with docstrings of many words."""


class Tokenizer:
    """Every word is a token."""

    cls_token_id, sep_token_id = 0, 1

    def __init__(self, words: int = 40) -> None:
        self.words = words

    def __call__(self, texts: list[str], **options: object) -> dict[str, list[list[int]]]:
        assert not options["add_special_tokens"]
        ids = [
            [2 + zlib.crc32(word.encode()) % self.words for word in text.split()] for text in texts
        ]
        return {"input_ids": ids}


class TinyModel(nn.Module):
    """An embedding and three blocks, which is called as MiniLM is."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embedding = nn.Embedding(42, 12)
        self.encoder = SimpleNamespace(layer=nn.ModuleList(nn.Linear(12, 12) for _ in range(5)))

    def forward(self, ids: torch.Tensor) -> SimpleNamespace:
        hidden = self.embedding(ids)
        for layer in self.encoder.layer:
            hidden = layer(hidden).tanh()
        return SimpleNamespace(last_hidden_state=hidden)


@pytest.fixture(autouse=True)
def _beside_the_example(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    stand_in = SimpleNamespace(load_minilm=lambda: (TinyModel(), Tokenizer()))
    monkeypatch.setitem(sys.modules, "minilm", stand_in)


def test_lists_of_windows_share_no_docstring() -> None:
    module = import_module("docstring_tokens")
    tokenizer = Tokenizer(2**32)  # tells words apart
    lists = module.read_windows(PACKAGES, tokenizer, (30, 10))
    assert [len(windows) for windows in lists] == [30, 10]
    assert {len(window) for windows in lists for window in windows} == {module.TOKENS}
    assert len({tuple(window) for windows in lists for window in windows}) == 40
    texts = tokenizer(_docstrings(), add_special_tokens=False)["input_ids"]
    found = [
        [[at for at, text in enumerate(texts) if _holds(text, window)] for window in windows]
        for windows in lists
    ]
    homes = [{places[0] for places in each if len(places) == 1} for each in found]
    assert homes[0]
    assert homes[1]
    assert not homes[0] & homes[1]


def _docstrings() -> list[str]:
    found: list[str] = import_module("docstring_tokens").read_docstrings(PACKAGES[0])
    return found


def _holds(text: list[int], window: list[int]) -> bool:
    return any(text[at : at + len(window)] == window for at in range(0, len(text), len(window)))


def test_a_paragraph_is_read_once() -> None:
    paragraphs = [part for text in _docstrings() for part in text.split("\n\n") if part]
    assert len(paragraphs) > 100
    assert len(set(paragraphs)) == len(paragraphs)


def test_too_little_text_is_refused() -> None:
    with pytest.raises(ValueError, match="fewer than 1000010 windows"):
        import_module("docstring_tokens").read_windows(PACKAGES, Tokenizer(), (10, 1_000_000))


def test_activations_are_those_of_the_block_less_the_ends() -> None:
    windows = torch.randint(2, 42, (70, 62), generator=torch.Generator().manual_seed(0))
    found = import_module("docstring_tokens").read_activations(
        TinyModel(), Tokenizer(), windows.tolist(), 2
    )
    hidden = TinyModel().embedding(windows)
    for layer in TinyModel().encoder.layer[:2]:
        hidden = layer(hidden).tanh()
    torch.testing.assert_close(found, hidden.detach())


def planted_rows() -> tuple[torch.Tensor, torch.Tensor]:
    """Rows that are sums of two of sixteen directions, and the directions."""
    generator = torch.Generator().manual_seed(3)
    directions = functional.normalize(torch.randn(16, 12, generator=generator))
    chosen = torch.rand(4000, 16, generator=generator).topk(2).indices
    codes = torch.zeros(4000, 16).scatter(1, chosen, 1 + torch.rand(4000, 2, generator=generator))
    rows = codes @ directions
    return rows / rows.square().mean().sqrt(), directions


def test_an_autoencoder_rebuilds_what_few_directions_make() -> None:
    rows, _ = planted_rows()
    train = import_module("top_k_autoencoder").train_autoencoder
    untrained, first, second = (
        train(rows, latents=24, k=2, seed=0, steps=steps, batch=128) for steps in (0, 400, 400)
    )
    for one, other in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(one, other)
    with torch.no_grad():
        torch.testing.assert_close(first.decoder.norm(dim=1), torch.ones(24))
        indices, values = first.encode(rows)
        assert indices.shape == (4000, 2)
        assert values.min() >= 0
        unexplained = [
            float((rows - model.decode(*model.encode(rows))).square().mean())
            for model in (untrained, first)
        ]
    assert unexplained[1] < 0.25 < unexplained[0]


def test_decoders_in_another_order_are_the_same() -> None:
    compare = import_module("decoder_cosines").compare_decoders
    decoder = np.linalg.qr(np.random.default_rng(0).standard_normal((8, 8)))[0]
    same = compare(decoder[:6], decoder[5::-1])
    assert np.allclose(same.mean_max, 1)
    assert same.paired_share == 1
    apart = compare(decoder[:4], decoder[[0, 1, 6, 7]])
    assert np.allclose(apart.mean_max, 0.5)
    assert apart.paired_share == 0.5
    assert [side.tolist() for side in apart.paired] == [[True, True, False, False]] * 2


def test_it_writes_a_table_a_picture_and_a_comparison(tmp_path: Path, capsys: Any) -> None:
    module = import_module("sparse_autoencoders")
    size = module.Size(PACKAGES, training=30, held_out=8, latents=32, k=4, steps=40, nulls=2)
    texts = []
    for name in ("first", "again"):
        module.study(size, tmp_path / name)
        texts.append((tmp_path / name / "found.md").read_text(encoding="utf-8"))
        assert texts[-1] in capsys.readouterr().out
    assert texts[0] == texts[1]
    assert (tmp_path / "first" / "shared.png").is_file()
    comparison = sm.load(tmp_path / "first")
    assert isinstance(comparison, sm.Comparison)
    rows = {}
    for line in texts[0].splitlines():
        if line.startswith("| 0.7 |"):
            name, *parts = line.strip("| ").split(" | ")[1:]
            rows[name] = [float(part.strip("%")) for part in parts]
            assert np.isclose(sum(rows[name]), 100, atol=0.2)
    assert np.isclose(
        rows["trained"][3], 100 * (1 - comparison["latents"].similarity(0.7)), atol=0.06
    )
    assert rows["shifted"][3] > rows["untrained"][3]

"""The worked example on language models, with small networks, few files and a stand-in encoder."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

import spanmatch as sm

EXAMPLES = Path(__file__).parents[3] / "examples"
SENTENCES = 128

transformers = pytest.importorskip("transformers")


@pytest.fixture(autouse=True)
def _beside_the_example(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLES))


@pytest.fixture
def text(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The text of few files, so that it is read in no time."""
    module = import_module("library_text")
    some = [file for file in module.find_sources() if file.parent.name in ("asyncio", "email")]
    monkeypatch.setattr(module, "find_sources", lambda: some)
    return module


def test_held_out_files_are_not_trained_on(text: Any) -> None:
    held_out, trained = (bytes(text.read_bytes(held_out=each).tolist()) for each in (True, False))
    tenth = text.find_sources()[text.HELD_OUT - 1].read_bytes()
    assert tenth in held_out
    assert tenth not in trained
    assert 0 < len(held_out) < len(trained)


def test_windows_and_sentences_follow_from_a_seed(text: Any) -> None:
    whole = torch.arange(200, dtype=torch.uint8)
    windows = text.cut_windows(whole, 50, 8, seed=3)
    assert torch.equal(windows, windows[:, :1] + torch.arange(8))
    assert torch.equal(windows, text.cut_windows(whole, 50, 8, seed=3))
    assert not torch.equal(windows, text.cut_windows(whole, 50, 8, seed=4))
    sentences = text.read_sentences(SENTENCES, seed=0)
    assert len(set(sentences)) == SENTENCES
    assert sentences == text.read_sentences(SENTENCES, seed=0)
    assert sentences != text.read_sentences(SENTENCES, seed=1)


def test_bytes_are_padded_and_masked(text: Any) -> None:
    first, second = text.as_byte_batches(["abc", "z", "yy"], 2)
    assert first["input_ids"].tolist() == [[97, 98, 99], [122, 0, 0]]
    assert first["attention_mask"].tolist() == [[1, 1, 1], [1, 0, 0]]
    assert second["input_ids"].tolist() == [[121, 121]]


def test_it_compares_every_block_with_every_block(
    text: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    small = {"hidden_size": 16, "intermediate_size": 24, "num_attention_heads": 2}
    decoders = import_module("small_decoders")
    sizes = {**small, "num_hidden_layers": 3, "num_key_value_heads": 2}
    monkeypatch.setattr(decoders, "CONFIG", {**decoders.CONFIG, **sizes})
    torch.manual_seed(0)
    config = transformers.BertConfig(**small, num_hidden_layers=2, vocab_size=256)
    encoder = transformers.BertModel(config).eval()
    stand_in = SimpleNamespace(
        BLOCKS="encoder.layer.?",
        load_minilm=lambda: (encoder, None),
        as_batches=lambda _, texts, size: text.as_byte_batches([line[:9] for line in texts], size),
    )
    monkeypatch.setitem(sys.modules, "minilm", stand_in)
    main = import_module("language_models").main
    asked = ["--steps", "3", "--windows", "128", "--sentences", str(SENTENCES)]
    main([*asked, "--out", str(tmp_path / "out")])
    told = capsys.readouterr().out
    assert "seed 1, step 0 of 3: 5." in told
    assert told.count("area, blocks of A in rows and of B in columns") == 4
    assert "layers.2 of A: layers." in told
    assert "layers.2 of A: encoder.layer." in told
    mixed = sm.Comparison.load(tmp_path / "out" / "mixed")
    assert (len(mixed.layers_a), len(mixed.layers_b)) == (3, 2)
    assert {each.n_samples for each in mixed.values()} == {SENTENCES}
    assert (tmp_path / "out" / "trained.png").is_file()
    # What is there is read, and told again.
    main([*asked, "--out", str(tmp_path / "out")])
    again = capsys.readouterr().out
    assert "decoder-0 is there" in again
    assert again[again.index("\nTwo") :] == told[told.index("\nTwo") :]

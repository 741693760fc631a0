"""`spanmatch info`: the table of layers, on data, a shape, or what the library says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("typer")
pytest.importorskip("torch")
import torch

from cli_files import done, failed, strict
from compare_runs import made, place
from spanmatch.torch import layer_info, load_model
from spanmatch.torch.loading.default_input import make_default_input

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["made", "place"]  # fixtures


def test_a_named_model_runs_on_what_its_library_says() -> None:
    pytest.importorskip("torchvision")
    lines = done("info", "torchvision:resnet18", "--seed", "0").stdout.splitlines()
    assert lines[0].split() == [
        "layer", "type", "output", "axis", "neurons", "positions", "parameters",
    ]  # fmt: skip
    assert lines[1].split("  ")[0] == "conv1"
    assert "(1, 64, 112, 112)" in lines[1]
    assert lines[-1].split() == ["fc", "Linear", "(1,", "1000)", "1", "1000", "-", "513,000"]
    assert len([line for line in lines if ".relu#" in line]) == 16


def test_data_shape_and_layers(place: Path) -> None:
    net = load_model("nets.py:small", checkpoint="a.pt")
    wanted = layer_info(net, torch.zeros(64, 1, 8, 8))
    model = ["info", "nets:small", "--checkpoint", "a.pt"]
    assert done(*model, "--data", "digits").stdout == f"{wanted!r}\n"
    assert done(*model, "--shape", "64,1,8,8").stdout == f"{wanted!r}\n"
    found = strict(done(*model, "--shape", "2,1,8,8", "--layers", "conv*", "--json").stdout)
    assert [layer["name"] for layer in found] == ["conv1", "conv2"]
    assert found[1] == {
        "name": "conv2", "type": "Conv2d", "shape": [2, 12, 3, 3], "axis": 1, "neurons": 12,
        "positions": [3, 3], "parameters": 8 * 9 * 12 + 12,
    }  # fmt: skip


def test_architectures_and_arguments(place: Path) -> None:
    lines = done("info", "small-resnet", "--seed", "0").stdout.splitlines()
    assert "(1, 16, 32, 32)" in lines[1]
    # Made for the images that it is given.
    for given in (["--data", "digits"], ["--shape", "64,1,8,8"]):
        assert "(64, 16, 8, 8)" in done("info", "small-resnet", "--seed", "0", *given).stdout
    assert "(1, 16, 32, 32)" in done("info", "small-resnet(channels=5)", "--seed", "0").stdout
    (place / "sized.py").write_text("import torch\ndef make(out): return torch.nn.Linear(8, out)\n")
    assert "(2, 7)" in done("info", "sized.py:make(out=7)", "--shape", "2,8").stdout


def test_other_libraries_show_no_bars(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    transformers = pytest.importorskip("transformers")
    config = transformers.BertConfig(hidden_size=8, num_hidden_layers=1, num_attention_heads=2,
                                     intermediate_size=8, vocab_size=30)  # fmt: skip
    transformers.BertModel(config).save_pretrained(tmp_path)
    transformers.AutoModel.from_pretrained(tmp_path)
    assert "%|" in capfd.readouterr().err
    assert done("info", f"hf:{tmp_path}").stderr == ""
    assert "%|" not in capfd.readouterr().err
    # Outside of our commands they are as they were.
    transformers.AutoModel.from_pretrained(tmp_path)
    assert "%|" in capfd.readouterr().err


def test_text_is_read_by_the_tokenizer_of_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    transformers = pytest.importorskip("transformers")
    monkeypatch.chdir(tmp_path)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "one", "two"]
    config = transformers.BertConfig(hidden_size=8, num_hidden_layers=1, num_attention_heads=2,
                                     intermediate_size=8, vocab_size=len(words))  # fmt: skip
    transformers.BertModel(config).save_pretrained("bert")
    (tmp_path / "story.txt").write_text("one two two\n")
    text = ["--data", "text:story.txt"]
    failed(2, "info", "hf:bert", *text, words=("no tokenizer in bert", "give a --tokenizer,"))
    both = ["compare", "hf:bert", "hf:bert", *text, "--out", "out"]
    failed(2, *both, words=("no tokenizer in bert", "give a --tokenizer,"))
    numbers = {word: number for number, word in enumerate(words)}
    transformers.BertTokenizer(vocab=numbers).save_pretrained("words")
    # [CLS] one two two [SEP]
    said = done("info", "hf:bert", *text, "--tokenizer", "words").stdout
    assert "(1, 5, 8)" in said
    transformers.BertTokenizer(vocab=numbers).save_pretrained("bert")
    assert done("info", "hf:bert", *text).stdout == said
    found = strict(done(*both, "--layers", "*.intermediate.dense", "--json").stdout)
    assert found["layers"][0]["samples"] == 5


def test_what_cannot_be_run_is_said(place: Path) -> None:
    failed(1, "info", "nets.py:small", words=("nets.py:small", "--shape", "--data"))
    failed(1, "info", "nets.py:small", "--shape", "1,3,8,8", words=("'conv1' (Conv2d), batch 0",))
    for shape in ("1,a", "0,1", ""):
        failed(2, "info", "nets.py:small", "--shape", shape, words=("1,3,224,224",))
    both = ["--shape", "1,1,8,8", "--data", "digits"]
    failed(2, "info", "nets.py:small", *both, words=("--data", "--shape"))


def test_default_inputs() -> None:
    pytest.importorskip("timm")
    transformers = pytest.importorskip("transformers")
    for name, shape in {
        "torchvision:inception_v3": (1, 3, 299, 299),
        "timm:test_resnet": (1, 3, 160, 160),
    }.items():
        kwargs: dict[str, Any] = {"init_weights": False} if "inception" in name else {}
        example = make_default_input(name, load_model(name, seed=0, **kwargs))
        assert isinstance(example, torch.Tensor)
        assert example.shape == shape
    small = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2}
    bert = transformers.BertModel(transformers.BertConfig(**small, intermediate_size=8))
    layer_info(bert, make_default_input("hf:bert", bert))
    vit = transformers.ViTModel(transformers.ViTConfig(**small, intermediate_size=8, image_size=48))
    image = make_default_input("hf:vit", vit)
    assert isinstance(image, torch.Tensor)
    assert image.shape == (1, 3, 48, 48)
    with pytest.raises(ValueError, match="what inputs torchvision:r3d_18 takes: give `shape="):
        make_default_input("torchvision:r3d_18", torch.nn.Identity())

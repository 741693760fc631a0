"""Models by name: the right weights, or an error that says what to do; random ones when asked."""

from __future__ import annotations

import builtins
import re
import sys
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest
import torch
from torch import nn
from transformers import BertConfig, BertForMaskedLM, BertModel

from spanmatch.torch.loading.models import load_model

TINY: dict[str, Any] = {
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 16,
    "vocab_size": 30,
    "max_position_embeddings": 16,
}
FACTORIES = """
from __future__ import annotations
from dataclasses import dataclass
import torch
import neighbour

def build(width=neighbour.WIDTH):
    from other_neighbour import OUT

    @dataclass
    class Settings:
        out: int

    return torch.nn.Linear(width, Settings(OUT).out)

def nothing():
    return 3

model = torch.nn.ReLU()
number = 7
"""


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Refuse what would wait for a network, and hide the caches of whoever runs the tests."""

    def no_download(*_: object, **__: object) -> None:
        raise URLError("no network in tests")

    monkeypatch.setattr("torch.hub.download_url_to_file", no_download)
    monkeypatch.setattr("torch.hub.get_dir", lambda: str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hf"))


@pytest.fixture
def bert(tmp_path: Path) -> Path:
    """Return a folder with a configuration and weights."""
    torch.manual_seed(5)
    BertModel(BertConfig(**TINY)).save_pretrained(tmp_path / "bert")
    return tmp_path / "bert"


@pytest.fixture
def factories(tmp_path: Path) -> str:
    (tmp_path / "neighbour.py").write_text("WIDTH = 3\n")
    (tmp_path / "other_neighbour.py").write_text("OUT = 2\n")
    file = tmp_path / "factories.py"
    file.write_text(FACTORIES)
    return str(file)


def same(model: nn.Module, other: nn.Module) -> bool:
    theirs = other.state_dict()
    return all(torch.equal(value, theirs[name]) for name, value in model.state_dict().items())


NAMED = ["torchvision:squeezenet1_1", "timm:test_vit"]


@pytest.mark.parametrize("name", [*NAMED, "hf:bert-base-uncased"])
def test_random_weights_are_given_only_when_asked(name: str, tmp_path: Path) -> None:
    config: dict[str, Any] = {"config": BertConfig(**TINY)} if name.startswith("hf:") else {}
    words = (
        rf"pretrained weights of {name} cannot be had: .*give `checkpoint`, a file, or "
        r"`load_model\(seed=0\)`"
    )
    with pytest.raises(OSError, match=words):
        load_model(name, **config)
    torch.manual_seed(11)
    before = torch.random.get_rng_state()
    model, again, other = (load_model(name, seed=seed, **config) for seed in (0, 0, 1))
    assert same(model, again)
    assert not same(model, other)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert not any(module.training for module in model.modules())
    # With its checkpoint it needs neither a network nor a seed.
    torch.save({"state_dict": other.state_dict()}, tmp_path / "weights.pt")
    assert same(load_model(name, checkpoint=tmp_path / "weights.pt", **config), other)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_pretrained_weights_come_from_the_cache(tmp_path: Path) -> None:
    from torchvision.models import SqueezeNet1_1_Weights

    known = load_model("torchvision:squeezenet1_1", seed=3)
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    torch.save(known.state_dict(), folder / Path(SqueezeNet1_1_Weights.DEFAULT.url).name)
    assert same(load_model("torchvision:squeezenet1_1"), known)


def test_arguments_reach_the_library() -> None:
    assert load_model("timm:test_vit", seed=0, num_classes=3).num_classes == 3
    assert load_model("torchvision:squeezenet1_1", seed=0, num_classes=3).num_classes == 3


def test_no_part_of_a_detector_is_downloaded() -> None:
    # Its backbone's weights would be, by default.
    load_model("torchvision:lraspp_mobilenet_v3_large", seed=0)


def test_a_folder_of_hugging_face(bert: Path) -> None:
    torch.manual_seed(5)
    saved = BertModel(BertConfig(**TINY))
    assert same(load_model(f"hf:{bert}"), saved)
    assert not same(load_model(f"hf:{bert}", seed=0), saved)
    checkpoint = bert / "model.safetensors"
    assert same(load_model(f"hf:{bert}", checkpoint=checkpoint), saved)
    checkpoint.unlink()
    with pytest.raises(OSError, match=r"weights of hf:.* cannot be had.*`load_model\(seed=0\)`"):
        load_model(f"hf:{bert}")
    shallow: Any = load_model(f"hf:{bert}", seed=0, num_hidden_layers=2)
    assert shallow.config.num_hidden_layers == 2


def test_weights_that_hugging_face_would_make_up(tmp_path: Path) -> None:
    BertForMaskedLM(BertConfig(**TINY)).save_pretrained(tmp_path / "masked")
    with pytest.raises(OSError, match=r"lack 2 of the model: pooler.*add_pooling_layer=False"):
        load_model(f"hf:{tmp_path / 'masked'}")
    assert load_model(f"hf:{tmp_path / 'masked'}", add_pooling_layer=False).pooler is None


def test_hugging_face_without_a_configuration(tmp_path: Path) -> None:
    weights = tmp_path / "weights.pt"
    torch.save({"a": torch.ones(1)}, weights)
    for how in ({"seed": 0}, {"checkpoint": weights}):
        with pytest.raises(OSError, match=r"configuration of hf:who/what.*hf:FOLDER.*`config`"):
            load_model("hf:who/what", **how)
    with pytest.raises(OSError, match="is no folder"):
        load_model(f"hf:{tmp_path / 'none'}", seed=0)


def test_no_code_of_a_folder_is_run(bert: Path, tmp_path: Path) -> None:
    mark = tmp_path / "ran"

    class RunsCode:
        def __reduce__(self) -> tuple[object, tuple[Path]]:
            return Path.touch, (mark,)

    (bert / "model.safetensors").unlink()
    torch.save({"a": RunsCode()}, bert / "pytorch_model.bin")
    with pytest.raises(OSError, match="cannot be had"):
        load_model(f"hf:{bert}")
    (bert / "config.json").write_text('{"model_type": "new", "auto_map": {"AutoConfig": "own.C"}}')
    (bert / "own.py").write_text(f"open({str(mark)!r}, 'w').close()\n")
    with pytest.raises(ValueError, match="trust_remote_code"):
        load_model(f"hf:{bert}", seed=0)
    assert not mark.exists()


def test_factories_of_files(factories: str, tmp_path: Path) -> None:
    model = load_model(f"{factories}:build", seed=0, width=5)
    assert model.in_features == 5
    assert not model.training
    assert same(model, load_model(f"{factories}:build", seed=0, width=5))
    assert not same(model, load_model(f"{factories}:build", seed=1, width=5))
    torch.save(model.state_dict(), tmp_path / "weights.pt")
    loaded = load_model(f"{factories}:build", checkpoint=tmp_path / "weights.pt", width=5)
    assert same(loaded, model)
    # Without a seed a factory is called as it is.
    torch.manual_seed(4)
    expected = nn.Linear(3, 2)
    torch.manual_seed(4)
    assert same(load_model(f"{factories}:build"), expected)
    assert str(tmp_path) not in sys.path


def test_neighbours_of_one_file_are_not_those_of_another(tmp_path: Path) -> None:
    for width in (3, 4):
        folder = tmp_path / str(width)
        folder.mkdir()
        (folder / "neighbour.py").write_text(f"WIDTH = {width}\n")
        (folder / "other_neighbour.py").write_text(f"OUT = {width + 1}\n")
        (folder / "factories.py").write_text(FACTORIES)
        assert load_model(f"{folder / 'factories.py'}:build").in_features == width
        assert load_model(f"{folder / 'factories.py'}:build").out_features == width + 1
    assert "neighbour" not in sys.modules


def test_factories_of_modules(monkeypatch: pytest.MonkeyPatch, factories: str) -> None:
    assert load_model("torch.nn:Linear", in_features=2, out_features=3).out_features == 3
    monkeypatch.syspath_prepend(Path(factories).parent)
    assert load_model("factories:build").in_features == 3
    for module in ("factories", "neighbour", "other_neighbour"):
        monkeypatch.delitem(sys.modules, module)


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        (
            "resnet18",
            ValueError,
            r"does not say what to load: there are 'torchvision', 'timm', 'hf'; names look",
        ),
        (
            "torchvison:resnet18",
            ValueError,
            "neither a module .*mean 'torchvision'.* torchvision:resnet18",
        ),
        ("torchvision:resnet81", ValueError, "no model 'resnet81': did you mean 'resnet18'"),
        ("timm:test_vitt", ValueError, "no model 'test_vitt': did you mean 'test_vit"),
        ("timm:test_vit.r160_in1", ValueError, r"did you mean 'test_vit\.r160_in1k'"),
        ("timm:", ValueError, "does not say what to load"),
        ("none.py:build", FileNotFoundError, "none.py is no file"),
        ("FILE:buidl", ValueError, "no 'buidl': did you mean 'build'"),
        ("FILE:nothing", TypeError, "returns a int, not a torch.nn.Module"),
        ("FILE:number", TypeError, "is no function but a int"),
        ("FILE:model", TypeError, "is a model: name a function that returns it"),
        (
            "spanmatch.none:build",
            ValueError,
            "'spanmatch.none' is neither a module .* 'torchvision', 'timm', 'hf'",
        ),
    ],
)
def test_names_that_are_wrong(name: str, error: type, words: str, factories: str) -> None:
    with pytest.raises(error, match=words):
        load_model(name.replace("FILE", factories))


def test_what_a_module_lacks_is_its_own_error(tmp_path: Path) -> None:
    file = tmp_path / "broken.py"
    file.write_text("import a_package_that_is_not_there\n")
    modules, path = set(sys.modules), list(sys.path)
    with pytest.raises(ModuleNotFoundError, match="a_package_that_is_not_there"):
        load_model(f"{file}:build")
    assert set(sys.modules) == modules
    assert sys.path == path


def test_a_checkpoint_that_does_not_fit(tmp_path: Path) -> None:
    torch.save({"weight": torch.ones(2)}, tmp_path / "weights.pt")
    with pytest.raises(ValueError, match=re.escape(str(tmp_path / "weights.pt"))):
        load_model("timm:test_vit", checkpoint=tmp_path / "weights.pt")


@pytest.mark.parametrize("package", ["torchvision", "timm", "transformers"])
def test_a_missing_package_is_named(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **kwargs: Any) -> Any:
        if name.partition(".")[0] == package:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, *rest, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    kind = {"transformers": "hf"}.get(package, package)
    with pytest.raises(ImportError, match=rf"{package}: pip install 'spanmatch\[models\]'"):
        load_model(f"{kind}:resnet18")


def test_where_weights_come_from_is_said_once() -> None:
    for name, option in (
        ("timm:resnet18", {"pretrained": True}),
        ("torchvision:resnet18", {"weights": "DEFAULT"}),
    ):
        with pytest.raises(ValueError, match=r"does not go with `load_model\(seed=3\)`: say once"):
            load_model(name, seed=3, **option)
        with pytest.raises(ValueError, match="does not go with `checkpoint`: say once"):
            load_model(name, checkpoint="none.pt", **option)


def test_arguments_in_the_name_of_a_factory(factories: str, tmp_path: Path) -> None:
    model = load_model(f"{factories}:build(width=5)", seed=0)
    assert same(model, load_model(f"{factories}:build", seed=0, width=5))
    assert load_model("timm:test_vit(num_classes=3)", seed=0).num_classes == 3
    # A file's own name may have them too.
    odd = tmp_path / "odd (1).py"
    odd.write_text("import torch\ndef build(*, of): return torch.nn.Linear(*of)\n")
    assert load_model(f"{odd}:build(of=(2, 3))", seed=0).in_features == 2
    for arguments, words in (
        ("(5)", "must be given by name"),
        ("(**{'width': 5})", "must be given by name"),
        ("(width=open('x'))", "width in .* is no literal"),
        ("(width=)", "cannot be read: write them as in"),
    ):
        with pytest.raises(ValueError, match=words):
            load_model(f"{factories}:build{arguments}", seed=0)
    with pytest.raises(ValueError, match="both say `width`"):
        load_model(f"{factories}:build(width=5)", seed=0, width=5)


@pytest.mark.parametrize("name", ["small-vgg", "small-resnet", "resnet20", "vgg11-bn"])
def test_architectures_are_models(name: str, tmp_path: Path) -> None:
    model = load_model(f"{name}(channels=1, classes=4)", seed=1)
    assert same(model, load_model(name, seed=1, channels=1, classes=4))
    # Channels and classes are those of the checkpoint, wherever its weights lie.
    for prefix in ("", "module."):
        weights = {f"{prefix}{key}": value for key, value in model.state_dict().items()}
        torch.save({"state_dict": weights}, tmp_path / "weights.pt")
        assert same(load_model(name, checkpoint=tmp_path / "weights.pt"), model)
    assert next(load_model(name, seed=1).parameters()).shape[1] == 3


def test_what_an_architecture_does_not_take_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="small-vgg has no pretrained weights: give `checkpoint`"):
        load_model("small-vgg")
    with pytest.raises(ValueError, match="takes channels and classes, not width"):
        load_model("small-vgg", seed=0, width=3)
    with pytest.raises(ValueError, match="did you mean 'small-vgg'"):
        load_model("small-vg", seed=0)
    torch.save(nn.Linear(2, 2).state_dict(), tmp_path / "other.pt")
    with pytest.raises(ValueError, match="does not fit the model"):
        load_model("small-vgg", checkpoint=tmp_path / "other.pt")

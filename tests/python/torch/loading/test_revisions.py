"""Models of the Hugging Face hub at a revision, `hf:NAME@REVISION`, from a cache made by hand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import torch

pytest.importorskip("transformers")
from transformers import BertConfig, BertModel, BertTokenizer

from spanmatch.torch.loading.hub import split_revision
from spanmatch.torch.loading.models import load_model
from spanmatch.torch.loading.tokenizers import find_tokenizer
from spanmatch.torch.resuming.config import NamedModel

if TYPE_CHECKING:
    from pathlib import Path

SIZES: dict[str, Any] = {
    "hidden_size": 8,
    "num_attention_heads": 2,
    "intermediate_size": 8,
    "vocab_size": 7,
    "max_position_embeddings": 8,
}
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "one", "two"]
REVISIONS = {"main": "a" * 40, "step1": "b" * 40}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache with two revisions of a model, of one layer and of two; no network."""
    place = tmp_path / "hf"
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(place))
    repository = place / "models--who--what"
    for layers, (revision, commit) in enumerate(REVISIONS.items(), start=1):
        snapshot = repository / "snapshots" / commit
        BertModel(BertConfig(num_hidden_layers=layers, **SIZES)).save_pretrained(snapshot)
        numbers = {word: number for number, word in enumerate(WORDS[: 5 + layers])}
        BertTokenizer(vocab=numbers).save_pretrained(snapshot)
        (repository / "refs").mkdir(exist_ok=True)
        (repository / "refs" / revision).write_text(commit)
    return place


def count_layers(model: Any) -> int:
    return int(model.config.num_hidden_layers)


def test_the_weights_are_those_of_the_revision(cache: Path) -> None:
    for name, revision in (("who/what", "main"), *((f"who/what@{r}", r) for r in REVISIONS)):
        saved = BertModel.from_pretrained(
            cache / "models--who--what" / "snapshots" / REVISIONS[revision]
        )
        found = NamedModel(f"hf:{name}").load().state_dict()
        assert found.keys() == saved.state_dict().keys()
        for weight, value in saved.state_dict().items():
            assert torch.equal(found[weight], value)
    # A commit names a revision as a branch does.
    assert count_layers(load_model(f"hf:who/what@{REVISIONS['step1']}")) == 2


def test_random_weights_and_checkpoints_are_of_its_configuration(cache: Path) -> None:
    assert count_layers(load_model("hf:who/what@step1", seed=0)) == 2
    assert count_layers(load_model("hf:who/what", seed=0)) == 1
    snapshot = cache / "models--who--what" / "snapshots" / REVISIONS["step1"]
    weights = snapshot / "model.safetensors"
    assert count_layers(load_model("hf:who/what@step1", checkpoint=weights)) == 2
    with pytest.raises(ValueError, match="does not fit the model"):
        load_model("hf:who/what", checkpoint=weights)


def test_arguments_follow_the_revision() -> None:
    model: Any = load_model("hf:who/what@step1(add_pooling_layer=False)")
    assert model.pooler is None
    assert count_layers(model) == 2
    with pytest.raises(ValueError, match=r"who/what@step1 and what is given .*`revision`"):
        load_model("hf:who/what@step1(revision='main')")


def test_a_revision_that_is_not_there_is_named() -> None:
    with pytest.raises(OSError, match=r"weights of hf:who/what@step2 cannot be had"):
        load_model("hf:who/what@step2")
    with pytest.raises(OSError, match=r"configuration of hf:who/what@step2 cannot be had"):
        load_model("hf:who/what@step2", seed=0)
    with pytest.raises(ValueError, match="who/what@ names no revision"):
        load_model("hf:who/what@")


def test_folders_have_no_revisions(tmp_path: Path) -> None:
    BertModel(BertConfig(num_hidden_layers=3, **SIZES)).save_pretrained(tmp_path / "bert")
    message = re.escape(f"{tmp_path / 'bert'} is a folder, which has no revisions")
    with pytest.raises(ValueError, match=message):
        load_model(f"hf:{tmp_path / 'bert'}@step1")
    # But an @ of their own they may have.
    BertModel(BertConfig(num_hidden_layers=4, **SIZES)).save_pretrained(tmp_path / "bert@step1")
    assert count_layers(load_model(f"hf:{tmp_path / 'bert@step1'}")) == 4
    with pytest.raises(OSError, match=r"none@step1 is no folder"):
        load_model(f"hf:{tmp_path / 'none@step1'}")


def test_the_tokenizer_is_that_of_the_revision() -> None:
    assert find_tokenizer("text:a.txt", ["hf:who/what@step1"]) == "who/what@step1"
    with pytest.raises(ValueError, match="tokenizers of who/what@main and who/what@step1 differ"):
        find_tokenizer("text:a.txt", ["hf:who/what@main", "hf:who/what@step1"])


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("who/what@refs/pr/1", ("who/what", "refs/pr/1")),
        ("who/what@a@b", ("who/what", "a@b")),
        ("bert", ("bert", None)),
    ],
)
def test_what_follows_the_first_at_is_the_revision(
    name: str, parts: tuple[str, str | None]
) -> None:
    assert split_revision(name) == parts

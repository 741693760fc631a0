"""Text by name: its tokens, what fills them up, and errors that help."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from spanmatch.base.errors import FileError
from spanmatch.torch.loading.data.named import load_data
from spanmatch.torch.loading.tokenizers import find_tokenizer

if TYPE_CHECKING:
    from pathlib import Path

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "one", "two", "three"]


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)


@pytest.fixture
def story(tmp_path: Path) -> Path:
    file = tmp_path / "story.txt"
    file.write_bytes(b"one two\r\n\n  \nthree two one\nzw\xc3\xb6lf\n")
    return file


def read(name: str, **options: Any) -> list[Any]:
    return list(load_data(name, **options))


def test_text_as_bytes(story: Path) -> None:
    first, second = read(f"text:{story}", batch_size=2)
    assert isinstance(first, dict)
    assert bytes(first["input_ids"][0].tolist()) == b"one two" + bytes(6)
    assert bytes(first["input_ids"][1].tolist()) == b"three two one"
    assert first["attention_mask"].tolist() == [[1] * 7 + [0] * 6, [1] * 13]
    assert first["input_ids"].dtype == torch.int64
    assert bytes(second["input_ids"][0].tolist()) == "zwölf".encode()
    (cut,) = read(f"text:{story}", max_length=3)
    assert [bytes(row) for row in cut["input_ids"].tolist()] == [b"one", b"thr", b"zw\xc3"]


def test_text_in_blocks(story: Path) -> None:
    content = story.read_bytes()
    (batch,) = read(f"text:{story}", block=10)
    blocks, mask = batch["input_ids"], batch["attention_mask"].bool()
    assert bytes(blocks[mask].tolist()) == content
    assert mask.sum(1).tolist() == [10, 10, 10, len(content) - 30]


@pytest.fixture
def tokenizer(tmp_path: Path) -> str:
    from transformers import BertTokenizer

    folder = tmp_path / "tokenizer"
    vocabulary = {word: number for number, word in enumerate(VOCABULARY)}
    BertTokenizer(vocab=vocabulary, model_max_length=4).save_pretrained(folder)
    return str(folder)


def test_text_through_a_tokenizer(story: Path, tokenizer: str) -> None:
    (batch,) = read(f"text:{story}", tokenizer=tokenizer)
    # [CLS] and [SEP] around each line, which is cut at what the model takes.
    assert batch["input_ids"].tolist() == [[2, 5, 6, 3], [2, 7, 6, 3], [2, 1, 3, 0]]
    assert batch["attention_mask"].tolist() == [[1] * 4, [1] * 4, [1, 1, 1, 0]]
    (batch,) = read(f"text:{story}", tokenizer=tokenizer, max_length=3)
    assert batch["input_ids"].tolist() == [[2, 5, 3], [2, 7, 3], [2, 1, 3]]
    (batch,) = read(f"text:{story}", tokenizer=tokenizer, block=4)
    assert batch["input_ids"].tolist() == [[5, 6, 7, 6], [5, 1, 0, 0]]


def test_bytes_may_be_asked_for(story: Path) -> None:
    (given,), (default,) = read(f"text:{story}", tokenizer="bytes"), read(f"text:{story}")
    assert torch.equal(given["input_ids"], default["input_ids"])


def test_the_tokenizer_of_the_models(tokenizer: str, tmp_path: Path) -> None:
    from transformers import BertTokenizer

    bare, other = tmp_path / "bare", tmp_path / "other"
    bare.mkdir()
    BertTokenizer(vocab={word: at for at, word in enumerate(VOCABULARY[::-1])}).save_pretrained(
        other
    )
    mine = f"hf:{tokenizer}"
    assert find_tokenizer("text:a.txt", [mine, mine]) == tokenizer
    assert find_tokenizer("text:a.txt", [mine, f"hf:{bare}"]) == tokenizer
    assert find_tokenizer("text:a.txt", ["nets.py:build", mine]) == tokenizer
    # Models of one's own are given bytes, and what is no text has no tokens.
    assert find_tokenizer("text:a.txt", ["nets.py:build"]) is None
    assert find_tokenizer("npz:a.npz", [mine]) is None
    with pytest.raises(ValueError, match=r"no tokenizer in .*bare, and .* give a `tokenizer`"):
        find_tokenizer("text:a.txt", [f"hf:{bare}"])
    with pytest.raises(ValueError, match="differ, and both models are to read the same tokens"):
        find_tokenizer("text:a.txt", [mine, f"hf:{other}"])


def test_text_that_is_none(tmp_path: Path, tokenizer: str) -> None:
    file = tmp_path / "text.txt"
    with pytest.raises(FileNotFoundError, match=r"text\.txt"):
        load_data(f"text:{file}")
    file.write_bytes(b"\n \n")
    with pytest.raises(FileError, match="holds no text"):
        load_data(f"text:{file}")
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(FileError, match="is not UTF-8"):
        load_data(f"text:{file}", tokenizer=tokenizer)
    with pytest.raises(OSError, match=r"tokenizer who/what cannot be had.*`tokenizer`.*bytes"):
        load_data(f"text:{file}", tokenizer="who/what")
    every: tuple[dict[str, Any], ...] = (
        {"block": 0},
        {"max_length": 0},
        {"block": 2, "max_length": 2},
    )
    for wrong in every:
        with pytest.raises(ValueError, match=r"max_length|block"):
            load_data(f"text:{file}", **wrong)

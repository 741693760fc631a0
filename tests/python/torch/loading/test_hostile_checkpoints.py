"""Checkpoints made to do harm, or of another kind: refused, and the model stays as it was."""

from __future__ import annotations

import json
import os
import pickle
import re
import subprocess
import sys
import tarfile
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
import safetensors.torch
import torch
from torch import nn

from array_contents import entry, tensors
from canary import RunsCode
from spanmatch.base import safetensors_header
from spanmatch.base.errors import FileError
from spanmatch.torch import load_checkpoint, load_model
from spanmatch.torch.loading import safetensors_weights
from spanmatch.torch.loading.digests import hash_named_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def network(seed: int = 0) -> nn.Linear:
    torch.manual_seed(seed)
    return nn.Linear(3, 4)


def same(model: nn.Module, other: nn.Module) -> bool:
    theirs = other.state_dict()
    return all(torch.equal(value, theirs[name]) for name, value in model.state_dict().items())


def refused(path: Path, *words: str, error: type[Exception] = FileError) -> None:
    model = network()
    with pytest.raises(error) as caught:
        load_checkpoint(model, path)
    assert path.name in str(caught.value)
    for word in words:
        assert word in str(caught.value), f"{word!r} is not in {caught.value}"
    assert same(model, network())


SUFFIXES = (".pt", ".pth", ".bin", ".ckpt", ".pkl", ".safetensors", ".SAFETENSORS", "")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_no_pickle_is_run_whatever_its_name(tmp_path: Path, suffix: str) -> None:
    mark, path = tmp_path / "ran", tmp_path / f"weights{suffix}"
    shard = tmp_path / "weights.index.json"
    shard.write_text(json.dumps({"weight_map": {"weight": path.name}}))
    evil = RunsCode(mark)
    for content in (evil, {"weight": evil, "bias": torch.ones(4)}, {"state_dict": evil}):
        for zipped in (True, False, None):
            if zipped is None:
                path.write_bytes(pickle.dumps(content))
            else:
                torch.save(content, path, _use_new_zipfile_serialization=zipped)
            for each in (path, shard):
                with pytest.raises(FileError, match=re.escape(path.name)):
                    load_checkpoint(network(), each)
            assert not mark.exists()


def test_no_pickle_of_a_folder_is_run(tmp_path: Path) -> None:
    from transformers import BertConfig

    mark = tmp_path / "ran"
    config = BertConfig(hidden_size=32, num_hidden_layers=1, num_attention_heads=4,
                        intermediate_size=64, vocab_size=50)  # fmt: skip
    config.save_pretrained(tmp_path)
    torch.save({"embeddings": RunsCode(mark)}, tmp_path / "pytorch_model.bin")
    with pytest.raises((OSError, ValueError)):
        load_model(f"hf:{tmp_path}")
    assert not mark.exists()


def test_a_dictionary_that_holds_itself(tmp_path: Path) -> None:
    content: dict[str, Any] = {"weight": torch.ones(4, 3)}
    content["state_dict"] = content
    torch.save(content, tmp_path / "a.pt")
    code = (
        "import sys, torch; from spanmatch.torch import load_checkpoint\n"
        "try: load_checkpoint(torch.nn.Linear(3, 4), sys.argv[1])\n"
        "except ValueError as error: print(error)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "a.pt")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert "a.pt holds weights under more than 8 names" in done.stdout


def name_endlessly(depth: int) -> bytes:
    """A pickle of a dictionary, whose key is a tuple that holds each before it twice."""
    data = b"\x80\x02)q\x00"
    for at in range(depth):
        data += b"h%ch%c\x86q%c" % (at, at, at + 1)
    return data + b"}h%cNs." % depth


@pytest.mark.parametrize("zipped", [True, False])
def test_a_name_that_is_endless_to_hash(tmp_path: Path, zipped: bool) -> None:
    path = tmp_path / "a.pt"
    assert len(pickle.loads(name_endlessly(10))) == 1

    def replace(old: zipfile.ZipFile, new: zipfile.ZipFile) -> None:
        for name in old.namelist():
            endless = name.endswith("data.pkl")
            new.writestr(name, name_endlessly(40) if endless else old.read(name))

    if zipped:
        rewrite(path, replace)
    else:
        path.write_bytes(name_endlessly(40))
    refused(path, "tuples in tuples")


def test_a_text_that_claims_more_than_there_is(tmp_path: Path) -> None:
    path = tmp_path / "a.pt"
    # BINBYTES8 and BINUNICODE8, of an exabyte: reading so much would first make room for it.
    for opcode in (b"\x8e", b"\x8d"):
        path.write_bytes(b"\x80\x04" + opcode + (2**60).to_bytes(8, "little") + b"abc")
        refused(path, "only 3 remain")


def test_names_that_are_no_texts(tmp_path: Path) -> None:
    for odd in (("weight", 0), 3, None, b"weight", ((((),),),)):
        torch.save({odd: torch.ones(4, 3), "bias": torch.ones(4)}, tmp_path / "a.pt")
        refused(tmp_path / "a.pt", f"a {type(odd).__name__}")
    torch.save({(1, 2): 3}, tmp_path / "a.pt")
    refused(tmp_path / "a.pt", "1 entry: a tuple")


ODD: dict[str, tuple[Callable[[], object], str]] = {
    "sparse": (lambda: torch.eye(4, 3).to_sparse(), "sparse"),
    "sparse rows": (lambda: torch.eye(4, 3).to_sparse_csr(), "sparse"),
    "without values": (lambda: torch.ones(4, 3, device="meta"), "on the meta device"),
    "quantised": (lambda: torch.quantize_per_tensor(torch.ones(4, 3), 1.0, 0, torch.qint8), "quan"),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ODD)
def test_tensors_that_are_no_plain_ones(tmp_path: Path, kind: str) -> None:
    make, word = ODD[kind]
    torch.save({"weight": make(), "bias": torch.ones(4)}, tmp_path / "a.pt")
    refused(tmp_path / "a.pt", f"weight ({word}")


@pytest.mark.parametrize("dtype", [torch.complex64, torch.float8_e4m3fn, torch.uint8, torch.bool])
def test_values_that_would_be_taken_for_others(tmp_path: Path, dtype: torch.dtype) -> None:
    state = {"weight": torch.ones(4, 3).to(dtype), "bias": torch.ones(4)}
    torch.save(state, tmp_path / "a.pt")
    refused(tmp_path / "a.pt", "1 of another shape or type: weight", error=ValueError)


@pytest.mark.parametrize("kind", ["F8_E4M3", "F8_E5M2", "F4", "F6_E2M3", "C64", "U16", "", "_"])
def test_safetensors_of_types_that_are_not_read(tmp_path: Path, kind: str) -> None:
    size = {"C64": 96, "U16": 24, "F4": 6, "F6_E2M3": 9}.get(kind, 12)
    file = tensors(tmp_path / "a", {"weight": entry(kind, [4, 3], 0, size)}, bytes(size))
    refused(file, f"weight ({kind})", "float32 or bfloat16")


def test_every_type_of_weights_is_read(tmp_path: Path) -> None:
    kinds = safetensors_weights.TYPES.values()
    state = {str(dtype): torch.arange(6).reshape(2, 3).to(dtype) for dtype in kinds}
    state |= {"none": torch.ones(0, 3), "one": torch.tensor(2.0)}
    safetensors.torch.save_file(state, tmp_path / "a.safetensors")
    found = safetensors_weights.read_safetensors(tmp_path / "a.safetensors")
    assert found.keys() == state.keys()
    for name, value in state.items():
        assert found[name].dtype == value.dtype
        assert torch.equal(found[name], value)


def test_safetensors_that_shrink_while_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.safetensors"
    safetensors.torch.save_file(network().state_dict(), path)
    read = safetensors_header.read_safetensors_header

    def shrink(file: Any) -> Any:
        header = read(file)
        os.truncate(path, path.stat().st_size - 8)
        return header

    monkeypatch.setattr(safetensors_weights, "read_safetensors_header", shrink)
    refused(path, "cut short")


class LoadsInItsOwnWay(nn.Module):
    """Fails after the weights before it were loaded."""

    def __init__(self, seed: int, error: type[BaseException] = RuntimeError) -> None:
        super().__init__()
        self.first, self.error = network(seed), error
        self.last = nn.Linear(2, 2)
        self.extra = seed

    def get_extra_state(self) -> dict[str, int]:
        return {"seed": self.extra}

    def set_extra_state(self, state: dict[str, int]) -> None:
        self.extra = state["seed"]

    def _load_from_state_dict(self, *arguments: Any) -> None:
        super()._load_from_state_dict(*arguments)
        self.last.register_load_state_dict_post_hook(self.fail)

    def fail(self, *_: object) -> None:
        raise self.error("no")


@pytest.mark.parametrize("error", [RuntimeError, KeyError, KeyboardInterrupt])
def test_a_model_that_fails_half_way_stays_as_it_was(
    tmp_path: Path, error: type[BaseException]
) -> None:
    model = LoadsInItsOwnWay(0, error)
    before = {name: value.clone() for name, value in model.first.state_dict().items()}
    torch.save(LoadsInItsOwnWay(1).state_dict(), tmp_path / "a.pt")
    wanted = error if error is KeyboardInterrupt else ValueError
    with pytest.raises(wanted, match="no"):
        load_checkpoint(model, tmp_path / "a.pt")
    assert model.extra == 0
    assert all(torch.equal(value, before[k]) for k, value in model.first.state_dict().items())


def test_a_model_without_memory_is_refused(tmp_path: Path) -> None:
    torch.save(network().state_dict(), tmp_path / "a.pt")
    with torch.device("meta"):
        model = nn.Linear(3, 4)
    with pytest.raises(ValueError, match=r"weight, bias.*meta device.*to_empty"):
        load_checkpoint(model, tmp_path / "a.pt")


def test_a_tensor_that_claims_to_be_larger_makes_no_network(tmp_path: Path) -> None:
    state = load_model("resnet20", seed=0).state_dict()
    last = [name for name, value in state.items() if value.ndim == 2][-1]
    # Of 300 MB, where a network of it would take a terabyte.
    state[last] = torch.ones(1, 64).expand(900_000, 64)
    torch.save(state, tmp_path / "a.pt")
    with pytest.raises(ValueError, match=rf"of another shape or type: {last}"):
        load_model("resnet20", checkpoint=tmp_path / "a.pt")


def rewrite(path: Path, change: Callable[[zipfile.ZipFile, zipfile.ZipFile], None]) -> None:
    torch.save(network(1).state_dict(), path.with_suffix(".whole"))
    with zipfile.ZipFile(path.with_suffix(".whole")) as old, zipfile.ZipFile(path, "w") as new:
        change(old, new)


def test_archives_that_torch_does_not_write(tmp_path: Path) -> None:
    path = tmp_path / "a.pt"

    def pack(old: zipfile.ZipFile, new: zipfile.ZipFile) -> None:
        for name in old.namelist():
            new.writestr(name, old.read(name), zipfile.ZIP_DEFLATED)

    rewrite(path, pack)
    refused(path, "packed archive", "torch.save(model.state_dict(), path)")

    def repeat(old: zipfile.ZipFile, new: zipfile.ZipFile) -> None:
        for name in old.namelist():
            new.writestr(name, old.read(name))
        new.writestr(old.namelist()[0].upper(), b"x")

    rewrite(path, repeat)
    refused(path, "a name is there twice")

    def script(old: zipfile.ZipFile, new: zipfile.ZipFile) -> None:
        new.writestr("a/constants.pkl", pickle.dumps(1))

    rewrite(path, script)
    refused(path, "TorchScript")
    with tarfile.open(path, "w") as archive:
        archive.add(__file__)
    refused(path, "tar archive")


def test_a_member_that_is_larger_than_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.pt"

    def keep(old: zipfile.ZipFile, new: zipfile.ZipFile) -> None:
        for name in old.namelist():
            new.writestr(name, old.read(name))

    rewrite(path, keep)
    data = bytearray(path.read_bytes())
    at = data.rindex(b"PK\x01\x02") + 20
    data[at : at + 8] = (2**31).to_bytes(4, "little") * 2
    path.write_bytes(data)
    refused(path, "bytes, and it")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes")
@pytest.mark.parametrize("name", ["a.pt", "a.safetensors", "a.bin.index.json"])
def test_what_is_no_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    os.mkfifo(path)
    refused(path, "a pipe")
    index = tmp_path / "b.bin.index.json"
    index.write_text(json.dumps({"weight_map": {"weight": name}}))
    if "index" not in name:
        with pytest.raises(FileError, match="a pipe"):
            load_checkpoint(network(), index)
        with pytest.raises(FileError, match="a pipe"):
            hash_named_file(str(index))
    path.unlink()
    path.symlink_to(path)
    refused(path, error=OSError)
    path.unlink()
    path.mkdir()
    refused(path, error=OSError)


def test_indices_that_do_harm(tmp_path: Path) -> None:
    index = tmp_path / "a.bin.index.json"
    index.write_text('{"weight_map": {"weight": "a.bin", "weight": "b.bin"}}')
    refused(index, "twice")
    index.write_text('{"weight_map": ' + '{"a":' * 100_000)
    refused(index, "damaged")
    index.write_text(json.dumps({"weight_map": {"weight": "a\0.bin"}}))
    refused(index, "name a file in the same folder")
    outside = tmp_path.parent / "outside.bin"
    torch.save(network(1).state_dict(), outside)
    for name in (str(outside), "../outside.bin", "./../outside.bin", "x/../../outside.bin"):
        index.write_text(json.dumps({"weight_map": {"weight": name, "bias": name}}))
        refused(index, "name a file in the same folder")

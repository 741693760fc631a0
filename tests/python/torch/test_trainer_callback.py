"""The callback of the Trainer: what it measures, and that training does not notice."""

from __future__ import annotations

import random
import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import nn

from refusal import refused
from spanmatch.torch import MatchCallback, compare

pytest.importorskip("accelerate", reason="the extra test brings accelerate, which Trainer needs")

from transformers import (
    BertConfig,
    BertForSequenceClassification,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)

from spanmatch.torch.trainer_callback import copy_to_host

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAMES = [f"bert.encoder.layer.{at}.output.dense" for at in range(2)]
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Networks as small as these gain nothing by more."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def make_model() -> nn.Module:
    torch.manual_seed(0)
    config = BertConfig(
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=24,
        vocab_size=40,
        max_position_embeddings=16,
        hidden_dropout_prob=0.2,
    )
    return BertForSequenceClassification(config)


def tokens(count: int, seed: int) -> torch.Tensor:
    return torch.randint(40, (count, 12), generator=torch.Generator().manual_seed(seed))


TRAIN = [{"input_ids": row, "labels": int(row[0]) % 2} for row in tokens(32, 1)]
DATA = [{"input_ids": part} for part in tokens(24, 2).split(12)]


class Spy(TrainerCallback):
    """Keeps what the model was at each save, and what training draws."""

    def __init__(self) -> None:
        self.models: list[tuple[int, nn.Module]] = []
        self.state: list[Any] = []

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.models.append((state.global_step, copy_to_host(kwargs["model"])))

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.models.append((state.global_step, copy_to_host(kwargs["model"])))

    def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        gradients = [each.grad for each in kwargs["model"].parameters()]
        modes = [each.training for each in kwargs["model"].modules()]
        noise = torch.get_rng_state().tolist(), random.getstate(), np.random.get_state()[1].tolist()  # type: ignore[index] # noqa: NPY002
        self.state.append((gradients == [None] * len(gradients), modes, noise))


def make_trainer(folder: Path, *callbacks: Any, **arguments: Any) -> Trainer:
    return Trainer(
        model=make_model(),
        args=TrainingArguments(
            output_dir=str(folder),
            per_device_train_batch_size=8,
            max_steps=6,
            save_steps=2,
            logging_steps=1,
            learning_rate=0.01,
            report_to=[],
            use_cpu=True,
            disable_tqdm=True,
            seed=3,
            **arguments,
        ),
        train_dataset=TRAIN,
        eval_dataset=TRAIN[:8],
        callbacks=list(callbacks),
    )


def test_each_checkpoint_is_measured_against_the_last(tmp_path: Path) -> None:
    spy, callback = Spy(), MatchCallback(DATA, layers=NAMES)
    trainer = make_trainer(tmp_path, spy, callback)
    trainer.train()
    assert [step for step, _ in callback.comparisons] == [2, 4, 6]
    for (_, earlier), (step, later), (at, comparison) in zip(
        spy.models, spy.models[1:], callback.comparisons, strict=False
    ):
        assert step == at
        assert list(comparison.layers) == NAMES
        again = compare(earlier, later, DATA, layers=NAMES, progress=False)
        assert comparison.without_pairs() == again.without_pairs()
        assert 0 < comparison[NAMES[1]].area < 1
    logged = [entry for entry in trainer.state.log_history if f"spanmatch/{NAMES[0]}/area" in entry]
    assert [entry["step"] for entry in logged] == [2, 4, 6]
    for entry, (_, comparison) in zip(logged, callback.comparisons, strict=True):
        for name in NAMES:
            assert entry[f"spanmatch/{name}/area"] == comparison[name].area


def test_training_does_not_notice(tmp_path: Path) -> None:
    """Dropout draws in every step, and the DataLoader of the data that are measured draws too."""
    rows: Any = tokens(24, 2)
    loader: Any = torch.utils.data.DataLoader(rows, batch_size=12, shuffle=True)
    runs: list[Any] = []
    for callbacks in ([], [MatchCallback(loader, layers=NAMES)]):
        spy = Spy()
        trainer = make_trainer(tmp_path / str(len(runs)), spy, *callbacks)
        trainer.train()
        assert trainer.model is not None
        losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
        runs.append((spy.state, losses, list(trainer.model.state_dict().values())))
    assert runs[0][0] == runs[1][0]
    assert len(runs[0][1]) == 6
    assert runs[0][1] == runs[1][1]
    assert all(torch.equal(one, other) for one, other in zip(runs[0][2], runs[1][2], strict=True))


def test_after_a_resume_it_goes_on(tmp_path: Path) -> None:
    whole = MatchCallback(DATA, layers=NAMES)
    make_trainer(tmp_path, whole).train()
    resumed = MatchCallback(DATA, layers=NAMES)
    make_trainer(tmp_path, resumed).train(resume_from_checkpoint=str(tmp_path / "checkpoint-2"))
    assert [step for step, _ in resumed.comparisons] == [4, 6]
    assert resumed.comparisons == whole.comparisons[1:]


def test_at_evaluations(tmp_path: Path) -> None:
    callback = MatchCallback(DATA, layers=NAMES, when="evaluate")
    trainer = make_trainer(tmp_path, callback, eval_strategy="steps", eval_steps=3)
    trainer.evaluate()
    assert callback.comparisons == []
    trainer.train()
    assert [step for step, _ in callback.comparisons] == [3, 6]
    trainer.evaluate()
    assert [step for step, _ in callback.comparisons] == [3, 6]


def test_through_the_trainer_s_log_other_callbacks_have_it(tmp_path: Path) -> None:
    class Listener(TrainerCallback):
        def __init__(self) -> None:
            self.heard: list[tuple[int, dict[str, float]]] = []

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
            self.heard += [(state.global_step, logs)] * any("spanmatch" in key for key in logs)

    listener, callback = Listener(), MatchCallback(DATA, layers=NAMES)
    trainer = make_trainer(tmp_path, listener, callback)
    assert callback.log_to(trainer) is callback
    trainer.train()
    assert [step for step, _ in listener.heard] == [2, 4, 6]
    entries = [each for each in trainer.state.log_history if f"spanmatch/{NAMES[0]}/area" in each]
    assert [entry["step"] for entry in entries] == [2, 4, 6]


def test_options_are_those_of_compare(tmp_path: Path) -> None:
    callback = MatchCallback(DATA, layers=NAMES[:1], center=True, ridge=0.1)
    make_trainer(tmp_path, callback).train()
    comparison = callback.comparisons[0][1]
    assert (comparison.center, comparison[NAMES[0]].ridge) == (True, 0.1)
    with pytest.raises(ValueError, match="kept without its pairs"):
        comparison.pair(NAMES[0])


def test_one_copy_of_the_weights_is_kept() -> None:
    model: Any = nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8))
    model.add_module("tied", nn.Identity())
    model.tied.weight = model[0].weight
    model(torch.randn(4, 8)).sum().backward()
    copied: Any = copy_to_host(model)
    for one, other in zip(copied.parameters(), model.parameters(), strict=True):
        assert torch.equal(one, other)
        assert one.data_ptr() != other.data_ptr()
        assert one.grad is None
        assert not one.requires_grad
        assert other.grad is not None
    assert copied.tied.weight is copied[0].weight
    callback = MatchCallback([torch.randn(40, 8)], layers="0")
    state = SimpleNamespace(global_step=0, is_world_process_zero=True, epoch=None, log_history=[])
    callback.on_train_begin(SimpleNamespace(), state, None, model=model)  # type: ignore[arg-type]
    first = callback._last
    state.global_step = 1
    callback.on_save(None, state, None, model=model)  # type: ignore[arg-type]
    assert callback._last is not first
    assert state.log_history == [{"spanmatch/0/area": 1.0, "step": 1}]
    # A checkpoint that is saved twice is measured once.
    callback.on_save(None, state, None, model=model)  # type: ignore[arg-type]
    assert len(callback.comparisons) == 1


def test_other_processes_measure_nothing() -> None:
    callback = MatchCallback(DATA)
    state = SimpleNamespace(global_step=0, is_world_process_zero=False)
    callback.on_train_begin(SimpleNamespace(), state, None, model=None)  # type: ignore[arg-type]
    state.global_step = 1
    callback.on_save(None, state, None, model=None)  # type: ignore[arg-type]
    assert callback.comparisons == []


def test_what_cannot_be_measured_is_refused() -> None:
    refused(lambda: MatchCallback(iter(DATA)), "data", "list")
    refused(lambda: MatchCallback(DATA, when="log"), "when", "save, evaluate")  # type: ignore[arg-type]
    for split in ("fsdp", "deepspeed"):
        args: Any = SimpleNamespace(**{split: "yes"})
        state: Any = SimpleNamespace(global_step=0, is_world_process_zero=True)
        call = MatchCallback(DATA).on_train_begin
        refused(lambda: call(args, state, None, model=None), "MatchCallback", "split")  # type: ignore[arg-type] # noqa: B023


def test_transformers_is_imported_for_its_name_alone() -> None:
    code = """
import sys
import spanmatch.torch
assert "transformers" not in sys.modules
sys.modules["transformers"] = None
try:
    spanmatch.torch.MatchCallback
except ImportError as error:
    print(error)
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "this needs transformers: pip install 'spanmatch[models]'"

"""Each checkpoint of a training by Hugging Face's Trainer, measured against the last."""

from __future__ import annotations

from copy import deepcopy
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import nn
from transformers import TrainerCallback

from spanmatch.base.arguments import as_choice
from spanmatch.torch.comparing.compare import compare
from spanmatch.torch.observing.model_state import keep_random_state

if TYPE_CHECKING:
    from collections.abc import Iterable

    from transformers import Trainer, TrainerControl, TrainerState, TrainingArguments

    from spanmatch.comparison.comparison import Comparison
    from spanmatch.torch.observing.layers import LayerChoice


class MatchCallback(TrainerCallback):
    """Compare a model, at every checkpoint, with the checkpoint before.

    Pass it to `transformers.Trainer` in `callbacks`. When training begins, it copies the weights to
    the host. At every save (or evaluation) it compares the model with that copy, layer by layer,
    and makes a new copy. So the first comparison is with the start of the training, or, if training
    was resumed, with the checkpoint that it resumed from.

    Training gives the same weights to the bit with and without it: modes, gradients, buffers and
    random numbers stay as they were. The copy holds the weights of one model and nothing of the
    optimiser. During a comparison it lies beside the model on its device. If there are several
    processes, the first one measures, and the others wait at their next step.

    Parameters
    ----------
    data
        Batches, as `compare` takes them: read again at every checkpoint, so no generator.
    layers
        The layers to compare, as `compare` takes them.
    when
        "save", at each checkpoint; or "evaluate", after each evaluation.
    **options
        Other arguments of `compare`, such as `center`, `ridge`, `mask` or `max_neurons`.

    Attributes
    ----------
    comparisons
        For every checkpoint the step and its `Comparison`, whose model A is the earlier one. They
        are kept without the sums of their layers.

    Raises
    ------
    TypeError, ValueError
        `when` is another; `data` can be read once only; at a checkpoint, as `compare`; when
        training begins, the weights are split among processes (FSDP, DeepSpeed).

    Examples
    --------
    >>> import torch
    >>> from types import SimpleNamespace
    >>> model = torch.nn.Sequential(torch.nn.Linear(8, 4), torch.nn.Tanh())
    >>> callback = MatchCallback([torch.randn(100, 8)], layers="0")
    >>> args = SimpleNamespace(fsdp=None, deepspeed=None)
    >>> state = SimpleNamespace(
    ...     global_step=0, epoch=0.0, is_world_process_zero=True, log_history=[]
    ... )
    >>> callback.on_train_begin(args, state, None, model=model)  # as the Trainer does
    >>> state.global_step = 10
    >>> callback.on_save(args, state, None, model=model)
    >>> state.log_history
    [{'spanmatch/0/area': 1.0, 'epoch': 0.0, 'step': 10}]
    """

    def __init__(
        self,
        data: Iterable[Any],
        *,
        layers: LayerChoice = None,
        when: Literal["save", "evaluate"] = "save",
        **options: Any,
    ) -> None:
        if iter(data) is data:
            raise ValueError("data is read at every checkpoint: pass a list or a DataLoader")
        self.comparisons: list[tuple[int, Comparison]] = []
        self._data = data
        self._when = as_choice(when, ("save", "evaluate"), "`when`")
        self._options = {"layers": layers, "progress": False, **options}
        self._last: nn.Module | None = None
        self._step = -1
        self._trainer: Trainer | None = None

    def log_to(self, trainer: Trainer) -> MatchCallback:
        """Log by `trainer.log`, so that TensorBoard, W&B and progress bars have the values too.

        Without this call they are only in `trainer.state.log_history`, since a callback does not
        know its Trainer.

        Parameters
        ----------
        trainer
            The Trainer that has this callback.

        Returns
        -------
        MatchCallback
            Itself.
        """
        self._trainer = trainer
        return self

    def on_train_begin(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,  # noqa: ARG002
        **kwargs: Any,
    ) -> None:
        """Copy the weights that training begins with, or resumes from."""
        if getattr(args, "fsdp", None) or getattr(args, "deepspeed", None):
            raise ValueError(
                "MatchCallback needs the weights whole in a process, and FSDP and DeepSpeed split "
                "them: compare the saved checkpoints afterwards"
            )
        if state.is_world_process_zero:
            self._keep(kwargs["model"], state.global_step)

    def on_save(
        self,
        args: TrainingArguments,  # noqa: ARG002
        state: TrainerState,
        control: TrainerControl,  # noqa: ARG002
        **kwargs: Any,
    ) -> None:
        """Measure, if asked to at a save."""
        if self._when == "save":
            self._measure(kwargs["model"], state)

    def on_evaluate(
        self,
        args: TrainingArguments,  # noqa: ARG002
        state: TrainerState,
        control: TrainerControl,  # noqa: ARG002
        **kwargs: Any,
    ) -> None:
        """Measure, if asked to at an evaluation."""
        if self._when == "evaluate":
            self._measure(kwargs["model"], state)

    def _measure(self, model: nn.Module, state: TrainerState) -> None:
        # An evaluation outside of training has nothing to be compared with, nor one at its start.
        if self._last is None or state.global_step == self._step:
            return
        options = {"device": next(model.parameters()).device, **self._options}
        gpus = [gpu for gpu in _list_devices(model) if gpu.type == "cuda"]
        # A DataLoader draws a seed for its workers.
        with keep_random_state(), torch.random.fork_rng(gpus):
            comparison = compare(self._last, model, self._data, **options).without_pairs()
        self.comparisons.append((state.global_step, comparison))
        self._keep(model, state.global_step)
        self._log(
            {f"spanmatch/{_name(key)}/area": comparison[key].area for key in comparison}, state
        )

    def _keep(self, model: nn.Module, step: int) -> None:
        self._last = None  # one copy at a time
        self._last, self._step = copy_to_host(model), step

    def _log(self, values: dict[str, float], state: TrainerState) -> None:
        if self._trainer is not None:
            self._trainer.log(values)
        else:
            epoch = {} if state.epoch is None else {"epoch": state.epoch}
            state.log_history.append({**values, **epoch, "step": state.global_step})


def copy_to_host(model: nn.Module) -> nn.Module:
    """Return a copy of a model whose weights lie on the host, and have no gradients."""
    memo: dict[int, Any] = {}
    for weight in model.parameters():
        on_host = weight.detach().to("cpu", copy=True)
        memo[id(weight)] = nn.Parameter(on_host, requires_grad=False)
    for buffer in model.buffers():
        memo[id(buffer)] = buffer.detach().to("cpu", copy=True)
    return deepcopy(model, memo)


def _list_devices(model: nn.Module) -> set[torch.device]:
    return {tensor.device for tensor in chain(model.parameters(), model.buffers())}


def _name(key: str | tuple[str, str]) -> str:
    return key if isinstance(key, str) else "-".join(key)

"""The processes that share the work: those that torchrun has started, or a single one."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar, cast

import torch
import torch.distributed as dist

from spanmatch.base.folder_lock import lock_folder
from spanmatch.torch.observing.device_choice import as_device

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Outcome = TypeVar("Outcome")

# A process may wait long for one that solves a large layer. torchrun ends processes that wait for
# one that has died.
PATIENCE = timedelta(days=7)


class RankError(RuntimeError):
    """Another process failed."""


class Ranks:
    """The number of this process, the number of processes, and how they work together.

    All processes must call the methods in the same order. If one raises an error, all do: the
    others raise `RankError`, which names the process and repeats its message.
    """

    def __init__(self, device: str, host_group: dist.ProcessGroup | None = None) -> None:
        self.device = device
        alone = host_group is None
        self.rank, self.size = (0, 1) if alone else (dist.get_rank(), dist.get_world_size())
        self._host_group = host_group

    def run_in_each(self, work: Callable[[], Outcome]) -> list[Outcome]:
        """Do work in every process, and return the results of all, in the order of processes."""
        if self._host_group is None:
            return [work()]
        result: Outcome | None = None
        failure: Exception | None = None
        try:
            result = work()
        except Exception as error:
            failure = error
        complaint = None if failure is None else str(failure) or type(failure).__name__
        outcomes: list[Any] = [None] * self.size
        dist.all_gather_object(outcomes, (result, complaint), group=self._host_group)
        if failure is not None:
            raise failure
        for rank, (_, complaint) in enumerate(outcomes):
            if complaint is not None:
                raise RankError(f"rank {rank}: {complaint}")
        return [result for result, _ in outcomes]

    def run_in_first(self, work: Callable[[], Outcome]) -> Outcome:
        """Do work in process 0 alone, and return its result in every process."""
        return self.run_in_each(lambda: work() if self.rank == 0 else None)[0]  # type: ignore[return-value]

    def deal(self, work: Callable[[], list[Outcome]]) -> Outcome:
        """Make one value for each process in process 0, and return in each process its own."""
        if self._host_group is None:
            return work()[0]
        things: list[Outcome] = []
        self.run_in_first(lambda: things.extend(work()))
        own: list[Any] = [None]
        dist.scatter_object_list(own, things if self.rank == 0 else None, group=self._host_group)
        dealt: Outcome = own[0]
        return dealt

    @contextmanager
    def hold(self, folder: Path) -> Iterator[None]:
        """Lock a folder against other programs; process 0 holds the lock for all."""
        with ExitStack() as held:
            self.run_in_first(lambda: held.enter_context(lock_folder(folder)))
            yield


def choose_device(device: str | None) -> str:
    """Return the device of the models; without `device`, a GPU if torch sees one.

    Raises
    ------
    ValueError
        There is no such device here; or processes are to share one GPU.
    """
    if device is None:
        return "cuda" if torch.cuda.is_available() else "cpu"
    chosen = as_device(device)
    if chosen.index is not None and count_ranks() > 1:
        raise ValueError(
            f"under torchrun every process has a GPU of its own: not {device}, but {chosen.type}"
        )
    return device


def count_ranks() -> int:
    """Return the number of processes that torchrun has started; 1 without torchrun."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def count_local_ranks() -> int:
    """Return the number of these processes on this machine."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", "1"))


@contextmanager
def join_ranks(device: str) -> Iterator[Ranks]:
    """Join the processes that torchrun has started, by NCCL on GPUs, else by gloo.

    Raises
    ------
    ValueError
        There is no GPU for this process.
    """
    if count_ranks() == 1:
        yield Ranks(device)
        return
    backend = "gloo"
    if device == "cuda":
        local, gpus = int(os.environ["LOCAL_RANK"]), torch.cuda.device_count()
        if local >= gpus:
            raise ValueError(
                f"{count_local_ranks()} processes for {gpus} GPUs: start as many as there are "
                f"GPUs, by torchrun --nproc-per-node {gpus}, or choose `device='cpu'`"
            )
        torch.cuda.set_device(local)
        backend, device = "nccl", f"cuda:{local}"
    with _keep_from_stdout():
        dist.init_process_group(backend, timeout=PATIENCE)
        # Processes exchange objects on the host.
        host_group = cast("dist.ProcessGroup", dist.new_group(backend="gloo", timeout=PATIENCE))
    yield Ranks(device, host_group)
    # This is skipped after an error: other processes may be gone, and NCCL would wait for them.
    dist.destroy_process_group()


@contextmanager
def _keep_from_stdout() -> Iterator[None]:
    """Send standard output to standard error, also that of C++.

    gloo of torch 2.8 to 2.10 prints there that processes are connected, between our results.
    """
    sys.stdout.flush()
    stdout = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(stdout, 1)
        os.close(stdout)

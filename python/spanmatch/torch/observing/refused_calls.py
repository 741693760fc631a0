"""Calls of a model's modules that are refused before they run, since their input is wrong."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from torch import nn

    from spanmatch.torch.observing.forward_pass import ForwardPass


@contextmanager
def refuse_calls(
    modules: Iterable[nn.Module],
    current: ForwardPass,
    explain: Callable[[nn.Module, Any], str | None],
) -> Iterator[None]:
    """Let the forward pass fail if one of these modules is given a wrong input.

    Parameters
    ----------
    modules
        The modules to watch within the block.
    current
        The record of the forward pass, which keeps the error, since the model may catch it.
    explain
        A function of a module and its first argument that returns an error message, or None.
    """

    def check(module: nn.Module, args: Any) -> None:
        if args and (wrong := explain(module, args[0])) is not None:
            current.failure = ValueError(wrong)
            raise current.failure

    with ExitStack() as undo:
        for module in modules:
            undo.callback(module.register_forward_pre_hook(check).remove)
        yield

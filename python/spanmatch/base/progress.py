"""The progress bar of `progress=True`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from spanmatch.base.shown_text import show_controls


@contextmanager
def show_progress(label: str, show: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Yield a function of `(done, total)` that moves a bar on standard error, or None."""
    if not show:
        yield None
        return
    try:
        from rich.console import Console
        from rich.markup import escape
        from rich.progress import Progress
    except ImportError as error:
        raise ImportError("progress=True needs rich: pip install 'spanmatch[cli]'") from error
    with Progress(console=Console(stderr=True), transient=True) as bar:
        # The label may hold brackets, which rich would take for markup.
        task = bar.add_task(escape(show_controls(label)), total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)

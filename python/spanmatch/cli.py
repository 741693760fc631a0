"""The command line. Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

try:
    import typer
except ImportError as error:
    raise SystemExit(
        "the command line needs more packages: pip install 'spanmatch[all]'"
    ) from error

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None)


def main() -> None:
    """Run the command that the arguments name."""
    app()


@app.callback()
def _about() -> None:
    """Measure to what extent two neural networks learn the same representation."""


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Where to write the picture, a PNG.")] = Path(
        "spanmatch-demo/similarity.png"
    ),
) -> None:
    """Train two small networks on digits and compare every layer. Takes under a minute."""
    with _exit_codes():
        from spanmatch import demo as module

        module.run(out)


@contextmanager
def _exit_codes() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        raise typer.Exit(130) from None
    except ImportError as error:
        typer.echo(f"error: {error}; try: pip install 'spanmatch[all]'", err=True)
        raise typer.Exit(1) from error
    except OSError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error

"""The program with all its commands."""

from pathlib import Path
from typing import Annotated

try:
    import typer
except ImportError as error:
    raise SystemExit(
        "the command line needs more packages: pip install 'spanmatch[all]'"
    ) from error

from spanmatch.cli import files
from spanmatch.cli.compare import compare
from spanmatch.cli.exit_codes import refuse_wrong_usage, translate_errors
from spanmatch.cli.experiment import experiment, report
from spanmatch.cli.flags import remember_options
from spanmatch.cli.info import info

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None)


@app.callback()
def _describe_program(context: typer.Context) -> None:
    """Measure to what extent neural networks learn the same representation."""
    remember_options(context)


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="The file for the picture: .png, .svg or .pdf.")] = (
        Path("spanmatch-demo/similarity.png")
    ),
) -> None:
    """Train two small networks on digits and compare them.

    It prints tables and draws a picture of every layer. It takes under a minute.
    """
    with translate_errors():
        from spanmatch.cli.demo import run as module
        from spanmatch.plot.figure_file import check_suffix

        with refuse_wrong_usage():
            check_suffix(out)
        module.run(out)


for command in (files.spectrum, files.simple, files.support, compare, info, experiment, report):
    app.command()(command)

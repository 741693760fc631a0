"""Everything that needs PyTorch: from models and data to comparisons.

`import spanmatch` does not import this module. torchvision, timm, transformers and scikit-learn are
imported only when you ask for a model or data of theirs.

Its packages, each of which imports only from those before it:

- `observing`: the outputs of a model's layers while it runs;
- `loading`: models and data by name;
- `comparing`: comparisons of models on the same batches. Begin with `comparing.compare`;
- `resuming`: comparisons in a folder that can be resumed, by one process or several.

The module `trainer_callback` is for Hugging Face's Trainer, and is imported only when you ask for
it.
"""

from typing import TYPE_CHECKING

from spanmatch.torch.comparing.compare import compare
from spanmatch.torch.comparing.compare_many import compare_many
from spanmatch.torch.loading.checkpoints import load_checkpoint
from spanmatch.torch.loading.data.named import load_data
from spanmatch.torch.loading.models import load_model
from spanmatch.torch.observing.capture import capture
from spanmatch.torch.observing.layer_info import layer_info
from spanmatch.torch.observing.model_error import ModelError
from spanmatch.torch.resuming.many_report import write_many_report

if TYPE_CHECKING:
    from spanmatch.torch.trainer_callback import MatchCallback

__all__ = [
    "MatchCallback",
    "ModelError",
    "capture",
    "compare",
    "compare_many",
    "layer_info",
    "load_checkpoint",
    "load_data",
    "load_model",
    "write_many_report",
]


def __getattr__(name: str) -> object:
    if name != "MatchCallback":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from spanmatch.torch.loading.extras import explain_missing

    with explain_missing("transformers", "models"):
        from spanmatch.torch.trainer_callback import MatchCallback
    return MatchCallback

"""Everything that needs PyTorch: from models and data to comparisons.

`import spanmatch` does not load it. torchvision, timm, transformers and scikit-learn are imported
when a model or data of theirs is asked for.
"""

from spanmatch.torch.comparing.compare import compare
from spanmatch.torch.loading.checkpoints import load_checkpoint
from spanmatch.torch.loading.data.named import load_data
from spanmatch.torch.loading.models import load_model
from spanmatch.torch.observing.capture import capture
from spanmatch.torch.observing.layer_info import layer_info
from spanmatch.torch.observing.model_error import ModelError

__all__ = [
    "ModelError",
    "capture",
    "compare",
    "layer_info",
    "load_checkpoint",
    "load_data",
    "load_model",
]

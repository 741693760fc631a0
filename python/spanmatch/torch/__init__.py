"""Everything that needs PyTorch: from models and data to comparisons.

`import spanmatch` does not load it. torchvision, timm, transformers and scikit-learn are imported
when a model or data of theirs is asked for.
"""

from spanmatch.torch.capture import capture
from spanmatch.torch.checkpoints import load_checkpoint
from spanmatch.torch.compare import compare
from spanmatch.torch.data import load_data
from spanmatch.torch.layer_info import layer_info
from spanmatch.torch.model_error import ModelError
from spanmatch.torch.models import load_model

__all__ = [
    "ModelError",
    "capture",
    "compare",
    "layer_info",
    "load_checkpoint",
    "load_data",
    "load_model",
]

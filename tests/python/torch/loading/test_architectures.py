"""The architectures of the experiment: published sizes, and a step of training."""

import pytest

torch = pytest.importorskip("torch")

from spanmatch.experiment.networks import count_parameters  # noqa: E402
from spanmatch.torch.loading.architectures import ARCHITECTURES  # noqa: E402

# He et al. 2016, table 6: 0.27M, 0.46M, 0.66M; of VGG for 32 × 32: 9.76M and 15.25M.
PUBLISHED = {
    "resnet20": 269_722,
    "resnet32": 464_154,
    "resnet44": 658_586,
    "plain20": 269_722,
    "plain32": 464_154,
    "plain44": 658_586,
    "vgg11-bn": 9_756_426,
    "vgg16": 15_245_130,
    "vgg16-bn": 15_253_578,
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_parameters_are_as_published(name: str) -> None:
    assert count_parameters(ARCHITECTURES[name](3, 10)) == PUBLISHED[name]


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_step_of_training_lowers_the_loss(name: str) -> None:
    torch.manual_seed(0)
    network = ARCHITECTURES[name](3, 10).train()
    images, classes = torch.randn(8, 3, 32, 32), torch.arange(8)
    optimiser = torch.optim.SGD(network.parameters(), 0.001)
    losses = []
    for _ in range(2):
        loss = torch.nn.functional.cross_entropy(network(images), classes)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[1] < losses[0]


def test_a_shortcut_carries_the_input_past_a_block() -> None:
    block = ARCHITECTURES["resnet20"](3, 10).get_submodule("block1").eval()
    for parameter in block.parameters():
        torch.nn.init.zeros_(parameter)
    inputs = torch.rand(2, 16, 8, 8)
    assert torch.equal(block(inputs), inputs)

"""Proofs of nn-vs-functional."""

import inspect

import torch
import torch.nn.functional as F
from torch import nn


def given():
    torch.manual_seed(0)
    x, weight = torch.randn(40, 5), torch.randn(3, 64)
    return {"nn": nn, "F": F, "self": nn.Module(), "D": 5, "x": x, "weight": weight}


def test_answer(answer):
    """Only the module's weights are parameters; F.linear(x, weight) is x @ weight.T; half of the values are dropped."""
    fc, before = answer.self.fc, given()["x"]
    assert sum(p.numel() for p in answer.self.parameters()) == 64 * 5 + 64
    hidden = (before @ fc.weight.T + fc.bias).clamp(min=0)
    kept = answer.x != 0
    torch.testing.assert_close(answer.x, torch.where(kept, hidden * 2, 0.0))
    assert abs(kept[hidden > 0].float().mean() - 0.5) < 0.05
    torch.testing.assert_close(answer.logits, answer.x @ answer.weight.T)


def test_module_knows_the_mode(answer):
    """eval() on the model turns its nn.Dropout off."""
    answer.self.eval()
    assert torch.equal(answer.self.drop(answer.x), answer.x)


def test_default(default):
    """A model lists its modules and their parameters, not the functions that forward calls."""
    assert [name for name, _ in default.model.named_children()] == ["conv", "drop", "fc"]
    x = torch.rand(2, 3, 6, 8)
    model = default.model
    features = model.conv(x).clamp(min=0).mean(dim=(2, 3))
    torch.testing.assert_close(model(x), features @ model.fc.weight.T + model.fc.bias)
    torch.manual_seed(0)
    features = model.train()(x), model(x)
    assert model.drop.p == 0.5 and not torch.equal(*features)


def test_same(same):
    """A function that is given the weights and statistics of a module computes what the module does."""
    torch.testing.assert_close(same.y, same.layers(same.x))
    assert same.layers.training is True


def test_the_defaults_differ():
    """By default, F.dropout has training=True, and F.batch_norm has training=False."""
    assert inspect.signature(F.dropout).parameters["training"].default is True
    assert inspect.signature(F.batch_norm).parameters["training"].default is False
    x = torch.tensor([[1.0], [3.0]])
    assert F.batch_norm(x, torch.zeros(1), torch.ones(1), eps=0.0).tolist() == x.tolist()


def test_dropout_in_eval(wrong):
    """F.dropout without training= zeros values of a model in eval(), and multiplies the others by 1 / (1 - p)."""
    assert wrong.model.training is False
    assert set(wrong.y.tolist()) == {0.0, 1 / (1 - 0.75)}


def test_attention_drops_in_eval_too():
    """F.scaled_dot_product_attention drops with dropout_p > 0 whatever the mode of the model, and does not with 0."""
    torch.manual_seed(0)
    q = torch.randn(1, 2, 6, 4)
    module = nn.Module().eval()
    plain = F.scaled_dot_product_attention(q, q, q)
    assert not torch.allclose(F.scaled_dot_product_attention(q, q, q, dropout_p=0.5), plain)
    rate = 0.5 if module.training else 0.0
    torch.testing.assert_close(F.scaled_dot_product_attention(q, q, q, dropout_p=rate), plain)


def test_right(right):
    """With training=self.training, F.dropout drops in train() only."""
    assert torch.equal(right.y, torch.ones(1000))
    assert set(right.model.train()(right.y).tolist()) == {0.0, 1 / (1 - 0.75)}


def test_a_layer_made_in_forward():
    """nn.Linear(4, 5)(x) gives another result each time."""
    x = torch.ones(1, 4)
    assert not torch.equal(nn.Linear(4, 5)(x), nn.Linear(4, 5)(x))


def test_relu_of_a_tensor():
    """nn.ReLU(x) is a layer whose inplace is x, not a tensor."""
    x = torch.tensor([-1.0, 2.0])
    layer = nn.ReLU(x)
    assert isinstance(layer, nn.ReLU) and layer.inplace is x
    assert nn.ReLU()(x).tolist() == F.relu(x).tolist() == [0, 2]


def test_a_function_in_sequential(raises):
    """nn.Sequential takes nn.ReLU() and raises for F.relu."""
    with raises(TypeError, "torch.nn.functional.relu is not a Module subclass"):
        nn.Sequential(nn.Linear(4, 5), F.relu)
    assert nn.Sequential(nn.Linear(4, 5), nn.ReLU())(torch.ones(2, 4)).min() >= 0


def test_modules_used_twice():
    """A layer used twice counts once in parameters(), and a BatchNorm used twice updates one running mean twice."""

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc, self.norm, self.act = nn.Linear(3, 3), nn.BatchNorm1d(3), nn.ReLU()

        def forward(self, x):
            return self.norm(self.act(self.fc(self.norm(self.act(self.fc(x))))))

    net = Net()
    assert sum(p.numel() for p in net.parameters()) == (9 + 3) + (3 + 3)
    net(torch.randn(4, 3))
    assert net.norm.num_batches_tracked == 2


def test_dropout_used_twice():
    """One nn.Dropout draws a new mask each time it is called."""
    torch.manual_seed(0)
    drop, x = nn.Dropout(0.5), torch.ones(100)
    assert not torch.equal(drop(x), drop(x))


def test_modules_take_hooks():
    """A forward hook can be put on nn.ReLU; F.relu has nowhere to put it."""
    layer, seen = nn.ReLU(), []
    layer.register_forward_hook(lambda module, args, output: seen.append(output.tolist()))
    nn.Sequential(nn.Identity(), layer)(torch.tensor([-1.0, 2.0]))
    assert seen == [[0, 2]]
    assert not hasattr(F.relu, "register_forward_hook")

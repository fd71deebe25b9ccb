"""Recording and intervening: what is seen, what is changed, and that nothing stays behind."""

import pytest
import torch
from torch import Tensor, nn

from dissect import ablate, compose, fill, insert, intervene, layers, record, scale, shift


class Chain(nn.Module):
    """Two linear maps without bias, applied to maps of two units, and a third that is never called."""

    def __init__(self) -> None:
        super().__init__()
        self.block1 = nn.Conv2d(1, 2, 1, bias=False)
        self.block2 = nn.Conv2d(2, 1, 1, bias=False)
        self.unused = nn.Identity()
        nn.init.constant_(self.block1.weight, 3.0)
        nn.init.constant_(self.block2.weight, 1.0)

    def forward(self, x: Tensor) -> Tensor:
        return self.block2(self.block1(x))


def hooks(model: nn.Module) -> int:
    return sum(len(module._forward_hooks) + len(module._forward_pre_hooks) for module in model.modules())


ONE = torch.ones(1, 1, 2, 2)


def test_record_holds_the_latest_forward():
    model = Chain()
    with record(model, ["block1", "block2"]) as seen:
        model(ONE)
        model(2 * ONE)
    assert torch.equal(seen["block1"], torch.full((1, 2, 2, 2), 6.0))
    assert torch.equal(seen["block2"], torch.full((1, 1, 2, 2), 12.0))
    assert list(seen) == ["block1", "block2"]
    assert hooks(model) == 0


@pytest.mark.parametrize("record_first", [True, False])
def test_record_sees_the_output_after_edits_whichever_came_first(record_first):
    model = Chain()
    if record_first:
        with record(model, ["block1"]) as seen, intervene(model, {"block1": ablate([1])}):
            out = model(ONE)
    else:
        with intervene(model, {"block1": ablate([1])}), record(model, ["block1"]) as seen:
            out = model(ONE)
    assert torch.equal(seen["block1"][0, :, 0, 0], torch.tensor([3.0, 0.0]))
    assert torch.equal(out, torch.full((1, 1, 2, 2), 3.0))
    assert hooks(model) == 0


def test_record_keeps_the_graph_for_those_who_want_gradients():
    model = Chain()
    with record(model, ["block1"]) as seen:
        model(ONE).sum().backward(inputs=list(model.parameters()), retain_graph=True)
    assert seen["block1"].requires_grad


def test_nested_interventions_are_made_in_the_order_of_entry():
    model = Chain()
    add, double = (lambda x: x + 1), (lambda x: x * 2)
    with intervene(model, {"block1": add}):
        with intervene(model, {"block1": double}):
            inner = model(ONE)
        outer = model(ONE)
    assert inner.unique().item() == (3 + 1) * 2 * 2
    assert outer.unique().item() == (3 + 1) * 2
    assert model(ONE).unique().item() == 6


def test_an_error_inside_the_block_restores_the_model():
    model = Chain()
    before = model(ONE)

    def fail(features: Tensor) -> Tensor:
        raise KeyError("mine")

    edits = {"block1": scale([0], 5), "block2": fail}
    with pytest.raises(KeyError, match="mine"), intervene(model, edits), record(model, ["block2"]):
        model(ONE)
    assert hooks(model) == 0
    assert torch.equal(model(ONE), before)


def test_an_edit_that_never_ran_is_an_error():
    model = Chain()
    with pytest.raises(RuntimeError, match=r"edit of 'unused' never ran"), intervene(model, {"unused": ablate([0])}):
        model(ONE)
    edits = {"block1": ablate([0]), "block2": ablate([0])}
    with pytest.raises(RuntimeError, match=r"'block1', 'block2' never ran"), intervene(model, edits):
        pass
    assert hooks(model) == 0


def test_an_error_under_way_is_not_hidden_by_an_edit_that_never_ran():
    with pytest.raises(ZeroDivisionError), intervene(Chain(), {"unused": ablate([0])}):
        raise ZeroDivisionError


def test_a_misspelt_layer_lists_its_neighbours():
    words = r"^no layer is called 'blok1': did you mean block1 or block2\? Choose one of block1, block2, unused\.$"
    with pytest.raises(ValueError, match=words), intervene(Chain(), {"blok1": ablate([0])}):
        pass
    with pytest.raises(ValueError, match="did you mean unused"), record(Chain(), ["unsed"]):
        pass
    with pytest.raises(ValueError, match=r"write \['block1'\]"), record(Chain(), "block1"):
        pass


def test_an_edit_must_keep_the_shape():
    model = Chain()
    words = r"returned the shape \(1, 1, 2, 2\), expected .* \(1, 2, 2, 2\)"
    with pytest.raises(ValueError, match=words), intervene(model, {"block1": lambda x: x[:, :1]}):
        model(ONE)
    assert hooks(model) == 0


def test_what_an_edit_gives_stays_as_it_is_where_what_follows_works_in_place():
    net = nn.Sequential(nn.Conv2d(1, 2, 1), nn.LeakyReLU(0.2, inplace=True))
    mine, z = torch.full((1, 2, 2, 2), -1.0), torch.ones(1, 1, 2, 2)
    with torch.no_grad(), intervene(net, {"0": lambda _: mine}):
        assert [net(z).unique().tolist() for _ in range(2)] == [[pytest.approx(-0.2)]] * 2
    assert mine.unique().tolist() == [-1]
    leaf = mine.clone().requires_grad_()
    with intervene(net, {"0": lambda _: leaf}):
        (slope,) = torch.autograd.grad(net(z).sum(), leaf)
    assert slope.unique().tolist() == [pytest.approx(0.2)]


def test_a_layer_that_puts_out_no_tensor_is_refused():
    class Two(nn.Module):
        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            return x, x

    model = nn.Sequential(Two())
    with pytest.raises(TypeError, match="layer '0' puts out a tuple"), record(model, ["0"]):
        model(ONE)


def test_a_layer_that_has_not_run_says_so():
    with record(Chain(), ["block1"]) as seen:
        with pytest.raises(KeyError, match="has not run yet"):
            seen["block1"]
        with pytest.raises(KeyError, match="no recorded layer is called"):
            seen["block2"]


def test_layers_lists_shapes_and_leaves_the_model_as_it_was():
    model = nn.Sequential(Chain(), nn.BatchNorm2d(1))
    model[0].eval()
    state = {name: value.clone() for name, value in model.state_dict().items()}
    shapes = layers(model, torch.ones(3, 1, 2, 2))
    assert shapes == {"0": (3, 1, 2, 2), "0.block1": (3, 2, 2, 2), "0.block2": (3, 1, 2, 2), "1": (3, 1, 2, 2)}
    assert model.training
    assert model[1].training
    assert not model[0].training
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    assert hooks(model) == 0


class Stack(nn.Module):
    """Three convolutions 3 x 3 over maps of 16 x 16; what is edited is two of them away from the image."""

    def __init__(self) -> None:
        super().__init__()
        rng = torch.Generator().manual_seed(0)
        self.units = nn.Conv2d(1, 8, 3, padding=1)
        self.middle = nn.Conv2d(8, 6, 3, padding=1)
        self.image = nn.Conv2d(6, 3, 3, padding=1)
        for parameter in self.parameters():
            nn.init.normal_(parameter, generator=rng)

    def forward(self, x: Tensor) -> Tensor:
        return self.image(self.middle(self.units(x)).relu()).tanh()


LOOKED_AT = torch.randn(2, 1, 16, 16, generator=torch.Generator().manual_seed(1))
NOWHERE = torch.zeros(16, 16)


@pytest.mark.parametrize(
    "edit",
    [
        scale([0, 3], 1.0),
        shift([0, 3], 0.0),
        ablate([0, 3], NOWHERE),
        insert([0, 3], [5.0, -7.0], NOWHERE),
        shift([0, 3], 9.0, NOWHERE),
        fill([0, 3], NOWHERE),
        ablate([]),
        compose([]),
        compose([scale([1], 1.0), insert([2], 4.0, NOWHERE)]),
    ],
)
def test_an_edit_of_strength_zero_changes_no_bit_of_the_image(edit):
    model = Stack().requires_grad_(False)
    before = model(LOOKED_AT)
    with intervene(model, {"units": edit}):
        assert torch.equal(model(LOOKED_AT).view(torch.int32), before.view(torch.int32))
    with intervene(model, {"units": ablate([0, 3])}):
        assert not torch.equal(model(LOOKED_AT), before)


@pytest.mark.parametrize(("top", "left", "height", "width"), [(5, 6, 3, 2), (0, 0, 1, 1), (13, 4, 3, 9)])
def test_an_edit_inside_a_mask_changes_nothing_outside_its_receptive_field(top, left, height, width):
    model = Stack().requires_grad_(False)
    mask = torch.zeros(16, 16)
    mask[top : top + height, left : left + width] = 1
    reached = torch.zeros(16, 16, dtype=torch.bool)  # two convolutions 3 x 3 carry a change two pixels far
    reached[max(0, top - 2) : top + height + 2, max(0, left - 2) : left + width + 2] = True
    before = model(LOOKED_AT)
    with intervene(model, {"units": insert([1, 4], 30.0, mask)}):
        changed = (model(LOOKED_AT) != before).any(1)
    assert not changed[:, ~reached].any()
    assert changed[:, reached].float().mean() > 0.3  # the others stand where the rectifier or the tanh is flat
    assert changed[:, top : top + height, left : left + width].any()


@pytest.mark.parametrize("failing", ["generator", "edit", "body"])
def test_whatever_fails_no_hook_stays_and_the_model_draws_what_it_drew(failing):
    model = Stack().requires_grad_(False)
    before = model(LOOKED_AT)

    def edit(features: Tensor) -> Tensor:
        if failing == "edit":
            raise KeyError("edit")
        return features * 0

    with (  # noqa: PT012 (what fails is one of three)
        pytest.raises((KeyError, RuntimeError)),
        record(model, ["middle"]),
        intervene(model, {"units": edit}),
        record(model, ["units", "image"]),
    ):
        model(LOOKED_AT[:, :, None] if failing == "generator" else LOOKED_AT)
        raise KeyError("body")
    assert hooks(model) == 0
    assert torch.equal(model(LOOKED_AT), before)
    with pytest.raises(RuntimeError):
        layers(model, LOOKED_AT[:, :, None])
    assert hooks(model) == 0
    assert model.training


@pytest.mark.filterwarnings("ignore:.*torch.jit.*deprecated:DeprecationWarning")
def test_torchscript_is_sent_to_where_it_is_opened():
    script = torch.jit.script(Stack())
    for look in (lambda: layers(script, LOOKED_AT), lambda: record(script, ["units"]).__enter__()):
        with pytest.raises(ValueError, match="TorchScript takes no hooks: open its file with"):
            look()


def test_a_compiled_module_is_refused_because_it_passes_hooks_by():
    model = nn.Sequential(Chain())
    model[0]._compiled_call_impl = model[0]._call_impl  # what Chain().compile() sets
    with pytest.raises(ValueError, match=r"Chain is compiled, .* passes hooks by"), record(model, ["0.block1"]):
        pass
    holder = nn.Module()
    holder._orig_mod = Chain()  # what torch.compile(Chain()) gives
    with pytest.raises(ValueError, match=r"give the module that went into torch\.compile"):
        layers(holder, ONE)

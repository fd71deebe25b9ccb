"""What a command dissects: a generator that the lab trained, or one of the user's own."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Literal

import torch
import tyro
from torch import Tensor, nn

from core_gans import shipped
from core_gans.compute import Compute
from core_gans.foreign.styles import StyleGenerator
from core_gans.game import NoiseGame
from core_gans.games.conditions import ConditionalGenerator
from core_gans.models import Model, load_model, open_model
from core_gans.runs.folder import NEWEST
from dissect import generators
from dissect.commands.user_generator import own_latents, own_network
from dissect.dictionaries import attach, load_dictionary
from dissect.generators import LabelDoor, LabelledLatents, Latents
from dissect.generators.brightness import Range
from dissect.generators.labels import Form
from dissect.generators.places import is_vector
from dissect.generators.precision import Precision
from dissect.generators.torchscript import Scripted
from dissect.hooks import at_rest
from dissect.hooks import layers as layers_of
from dissect.sampling import RangeWarning, generate

SHIPPED = "scenes-generator"
LOOKED_AT = 4  # images that tell whether a generator works
DRAWN = "any, drawn for each image"
COMPARED = 64  # latents that tell whether a game takes labels
ANY = "any"
# Fields of a source that suit the lab's models.
OF_THE_LAB = ("model", "checkpoint", "generator", "label", "device", "dtype", "dictionary")


@dataclass(frozen=True, eq=False)
class Opened:
    """A generator, where its latents come from, and what is to be said of it."""

    net: nn.Module
    latents: Latents
    """``latents(count, rng)``: (count, ...)."""
    name: str
    facts: Mapping[str, str] = field(default_factory=dict)
    """For reports: the weights, the prior, the label."""
    notes: tuple[str, ...] = ()
    """For the person, before the numbers are trusted."""

    @property
    def any_label(self) -> bool:
        """Whether its latents carry labels that differ from one to the next."""
        return self.facts.get("label") == DRAWN

    def example(self, count: int = 1) -> Tensor:
        """Latents that are the same at every call."""
        return self.latents(count, torch.Generator().manual_seed(0))

    def shape(self) -> tuple[int, ...]:
        """Of its images, (C, H, W)."""
        with at_rest(self.net):
            return tuple(generate(self.net, self.example()).shape[1:])

    def layers(self, names: Sequence[str] = ()) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The layers to dissect, by default those worth a look, and what is to be said of them.

        A layer without places, (N, U), that is asked for becomes U maps of one cell, by another name. Raises ValueError
        with what there is for a name that is not known, or a layer that cannot be dissected.
        """
        latents = self.example()
        if not names:
            if found := generators.default_layers(self.net, latents):
                return tuple(found), ()
            raise ValueError(f"{self.name} has no layer that puts out maps: {self._without_maps(latents)}")
        shapes = layers_of(self.net, latents)
        vectors = [name for name in names if name in shapes and is_vector(shapes[name])]
        generators.check_layers(self.net, latents, [name for name in names if name not in vectors])
        renamed = {name: generators.with_unit_maps(self.net, name) for name in vectors}
        notes = tuple(
            f"layer {name} puts out {shapes[name][1]} numbers, no maps: it is dissected as {maps}, maps of one cell, "
            "each on in a whole picture or not"
            for name, maps in renamed.items()
        )
        return tuple(renamed.get(name, name) for name in names), notes

    def _without_maps(self, latents: Tensor) -> str:
        vectors = [name for name, shape in layers_of(self.net, latents).items() if is_vector(shape)]
        if vectors:
            return f"name one without, to see which pictures its units are on in: --layer {' or '.join(vectors[:8])}"
        return "it is closed; give its code with --generator module:name, and its weights with --weights"


@dataclass(frozen=True)
class Source:
    """Where the generator comes from."""

    model: tyro.conf.Positional[Path | None] = None
    """A run's folder or a model file; default: the scenes generator that comes with the lab."""
    checkpoint: str = NEWEST
    """Of a run: newest, best (by the judge, where --judge-every was given), or a round that was kept."""
    generator: str | None = None
    """Your own: module:name of an nn.Module or its maker; layers, 'linear 64 784; tanh; ...'; or a TorchScript file,
    which is a program: opening it runs it, so open only what you trust. Published weights: stylegan2:ffhq.pt."""
    weights: Path | None = None
    """Its weights: safetensors, or a state dict saved by torch."""
    latent: tuple[int, ...] = ()
    """Shape of its latents, 100 or 100 1 1; default: its method latents(count, rng), or what its first weights take."""
    prior: str = "normal"
    """Of its latents: normal, uniform (in [-1, 1]), or module:name of a function (count, rng)."""
    label: str | None = None
    """Of a conditional generator: a class, by its number, or any, drawn for each image."""
    classes: int | None = None
    """How many classes there are; default: as many as its embedding has."""
    label_form: Form = "index"
    """How it takes it: as generator(latents, numbers), generator(latents, one-hot rows), or both in one, joined."""
    truncation: float | None = None
    """Of published StyleGAN2, StyleGAN3 and BigGAN: from 0, the mean picture or statistics, to 1, none."""
    space: Literal["z", "w", "w+"] = "z"
    """Of published StyleGAN2 and 3: whether its latents are z, styles, or the styles of each layer."""
    range: Range = "-1..1"
    """Where the numbers of its images lie."""
    unit_range: bool = False
    """The same as --range 0..1."""
    dictionary: Path | None = None
    """Features of a layer, of a file of dissect dictionary: they are the layer LAYER.features."""
    device: str = "cpu"
    """Where it computes: cpu, cuda, cuda:N or mps."""
    dtype: Precision = "float32"
    """In which precision; its images are looked at in float32."""

    def open(self) -> Opened:
        """Open it, and look it over.

        Raises:
            ValueError, OSError: there is no such generator, its weights do not fit, it takes other latents or
                gives no images; the device is not there.
        """
        warnings.simplefilter("ignore", RangeWarning)  # the notes say it
        compute = Compute(self.device)
        found = _placed(self._lab() if self.generator is None else self._own(self.generator), compute)
        if self.dtype != "float32":
            generators.compute_in(found.net, self.dtype)
            found = replace(found, facts={**found.facts, "precision": self.dtype})
        _try(found)
        if isinstance(found.net, Scripted):
            if not generators.plays_alike(found.net, found.example(LOOKED_AT)):
                raise ValueError(
                    f"{found.name} cannot be opened faithfully: give its code with --generator module:name, and its "
                    "weights with --weights"
                )
            if closed := generators.closed_modules(found.net):
                found = replace(found, notes=(f"TorchScript keeps closed what is inside {', '.join(closed)}",))
        if self.dictionary is not None:
            features = attach(found.net, load_dictionary(self.dictionary))
            found = replace(found, notes=(*found.notes, f"the features of {self.dictionary} are the layer {features}"))
        return replace(found, notes=(*found.notes, *generators.oddities(found.net, found.example(LOOKED_AT))))

    def lab_model(self) -> Model[NoiseGame]:
        """The model of the lab that is named, or the one that comes with it. Raises what ``open_model`` raises."""
        if self.model is not None:
            return open_model(self.model, self.checkpoint)
        if self.checkpoint != NEWEST:
            raise ValueError("--checkpoint chooses among those of a run: name its folder")
        return load_model(shipped.path(SHIPPED))

    def _lab(self) -> Opened:
        for each in fields(self):
            if each.name not in OF_THE_LAB and getattr(self, each.name) != each.default:
                raise ValueError(
                    f"--{each.name.replace('_', '-')} is for a generator of your own: name it by --generator"
                )
        model = self.lab_model()
        name = SHIPPED if self.model is None else self.model.name
        net = model.net.net if isinstance(model.net, ConditionalGenerator) else model.net
        if not _takes_labels(model.game):
            if self.label is not None:
                raise ValueError(f"{name} knows no labels: leave --label out")
            return Opened(net, model.game.latents, name)
        label = self._label()

        def latents(count: int, rng: torch.Generator) -> Tensor:
            return model.game.latents(count, rng, None if label is None else torch.full((count,), label))

        return Opened(net, latents, name, _label_facts(label))

    def _own(self, text: str) -> Opened:
        if self.model is not None:
            raise ValueError(f"expected one generator, got two: {self.model} and --generator {text}")
        net = own_network(text, self.truncation)
        if self.space != "z":
            if not isinstance(net, StyleGenerator):
                raise ValueError(f"--space {self.space} is for published StyleGAN2 and 3: this is another generator")
            net.space = self.space
        facts = {}
        if self.weights is not None:
            generators.load_weights(net, self.weights)
            facts["weights"] = self.weights.name
        net.requires_grad_(False).eval()
        latents, facts["latents"] = own_latents(net, self.latent, self.prior)
        if self.label is not None:
            classes = self.classes or generators.classes_known(net)
            if classes is None:
                raise ValueError("it does not tell how many labels it knows: give their number with --classes")
            label = self._label()
            shape = tuple(latents(1, torch.Generator()).shape[1:])
            generators.carry_labels(net, LabelDoor(shape, classes, self.label_form))
            latents = LabelledLatents(latents, classes, label)
            facts |= _label_facts(label)
        given = "0..1" if self.unit_range else self.range
        if given != "-1..1":
            generators.stretch_images(net, given)
            facts["images"] = f"in [{given.replace('..', ', ')}], shown as [-1, 1]"
        return Opened(net, latents, text, facts)

    def _label(self) -> int | None:
        if self.label in (None, ANY):
            return None
        if not self.label.isdigit():
            raise ValueError(f"expected the number of a class, or any, for --label, got {self.label}")
        return int(self.label)


def _placed(found: Opened, compute: Compute) -> Opened:
    """The same on the device of ``compute``; latents are drawn on the CPU, so that a seed means the same anywhere."""
    if compute.device == "cpu":
        return found

    def latents(count: int, rng: torch.Generator) -> Tensor:
        return found.latents(count, rng).to(compute.device)

    return replace(found, net=found.net.to(compute.device), latents=latents)


def _label_facts(label: int | None) -> dict[str, str]:
    return {"label": DRAWN if label is None else str(label)}


def _takes_labels(game: NoiseGame) -> bool:
    """Whether the latents of ``game`` differ by the label that is asked for."""
    zeros = torch.zeros(COMPARED, dtype=torch.long)
    asked, drawn = (game.latents(COMPARED, torch.Generator().manual_seed(0), label) for label in (zeros, None))
    return not torch.equal(asked, drawn)


def _try(found: Opened) -> None:
    """Raise ValueError unless the generator takes its latents."""
    latents = found.example(LOOKED_AT)
    try:
        with at_rest(found.net):
            found.net(latents)
    except (RuntimeError, TypeError, IndexError) as error:
        raise ValueError(
            f"{found.name} does not take latents of shape {' x '.join(map(str, latents.shape[1:]))}: "
            f"{str(error).strip().splitlines()[-1]}; give their shape with --latent, a label with --label, and weights "
            "of the same network"
        ) from error

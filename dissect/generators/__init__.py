"""Generators from outside the lab, made ready for dissection: any module from latents (N, ...) to images in [-1, 1].

Weights that came without their code get a list of layers (``sequential``), TorchScript is opened so that its layers can
be reached (``open_torchscript``), conditional generators get latents that carry their label (``LabelDoor``), and
``oddities`` tells what to know before trusting what is measured.
"""

from dissect.generators.brightness import stretch_images
from dissect.generators.checking import oddities
from dissect.generators.labels import LabelDoor, LabelledLatents, carry_labels, classes_known
from dissect.generators.latents import KnowsLatents, Latents, Prior, latents_taken
from dissect.generators.places import check_layers, default_layers, layer_shape, with_unit_maps
from dissect.generators.precision import compute_in
from dissect.generators.sequential import read_sequential, sequential
from dissect.generators.torchscript import closed_modules, open_torchscript, plays_alike
from dissect.generators.weights import load_weights

__all__ = [
    "KnowsLatents",
    "LabelDoor",
    "LabelledLatents",
    "Latents",
    "Prior",
    "carry_labels",
    "check_layers",
    "classes_known",
    "closed_modules",
    "compute_in",
    "default_layers",
    "latents_taken",
    "layer_shape",
    "load_weights",
    "oddities",
    "open_torchscript",
    "plays_alike",
    "read_sequential",
    "sequential",
    "stretch_images",
    "with_unit_maps",
]

"""Concepts without labels: clusters of units, directions of latents and units, probes, and what directions do."""

from dissect.directions.attributes import Lessons, cell_lessons, image_lessons
from dissect.directions.closed_form import closed_form_directions, first_weights
from dissect.directions.clusters import UnitClusters, cluster_units
from dissect.directions.coactivation import Coactivation, coactivation
from dissect.directions.control import Control, random_control
from dissect.directions.effects import Effect, effect
from dissect.directions.exemplars import Exemplars, exemplars
from dissect.directions.moving import Direction, LatentDirection, UnitDirection
from dissect.directions.principal import principal_directions, principal_units
from dissect.directions.probes import Probe, fit_probe

__all__ = [
    "Coactivation",
    "Control",
    "Direction",
    "Effect",
    "Exemplars",
    "LatentDirection",
    "Lessons",
    "Probe",
    "UnitClusters",
    "UnitDirection",
    "cell_lessons",
    "closed_form_directions",
    "cluster_units",
    "coactivation",
    "effect",
    "exemplars",
    "first_weights",
    "fit_probe",
    "image_lessons",
    "principal_directions",
    "principal_units",
    "random_control",
]

"""Units clustered by where they fire, without any labels: units whose maps rise and fall together belong together.

Agglomerative clustering with average linkage (Sokal and Michener 1958) of the distance 1 - r, r being the correlation
of two units' maps over all cells of many images. The number of clusters, unless given, is the one with the best mean
silhouette (Rousseeuw 1987).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dissect.directions.coactivation import Coactivation

MOST = 32  # clusters tried when their number is not given: more are no overview
GROUPS = 4  # and at most this share of the units, so that a cluster has several


@dataclass(frozen=True, eq=False)
class UnitClusters:
    """The living units of a layer in groups, the largest group first; a unit that never varies is in none."""

    layer: str
    members: tuple[tuple[int, ...], ...]
    dead: tuple[int, ...]
    cohesion: NDArray[np.float64]  # (clusters,) mean correlation of two members; 1 for a cluster of one
    silhouette: float  # of the whole, from -1 to 1; NaN where all or none share a cluster
    mean: NDArray[np.float64]  # (U,) of each unit over cells
    deviation: NDArray[np.float64]  # (U,)
    maps: NDArray[np.float64]  # (clusters, h, w) where in the picture, in mean deviations of the members

    @property
    def labels(self) -> NDArray[np.int64]:
        """The cluster (U,) of each unit; -1 for a dead one."""
        found = np.full(len(self.mean), -1, dtype=np.int64)
        for cluster, units in enumerate(self.members):
            found[list(units)] = cluster
        return found


def cluster_units(layer: str, moments: Coactivation, count: int | None = None) -> UnitClusters:
    """Group the units whose ``moments`` (of :func:`coactivation`) these are into ``count`` clusters.

    ``count`` None: the number from 2 to a quarter of the units, at most 32, that has the best silhouette.

    Raises:
        ValueError: fewer than two units vary, or ``count`` is not between 1 and their number.
    """
    alive = moments.alive.nonzero()[:, 0].tolist()
    if len(alive) < 2:
        raise ValueError(f"layer {layer!r} has {len(alive)} units that vary: two or more are needed for clusters")
    if count is not None and not 1 <= count <= len(alive):
        raise ValueError(
            f"layer {layer!r} has {len(alive)} units that vary, so 1 to {len(alive)} clusters; got {count}"
        )
    correlation = moments.correlation().numpy()[np.ix_(alive, alive)]
    distance = np.clip(1 - (correlation + correlation.T) / 2, 0, 2)
    np.fill_diagonal(distance, 0)
    tried = [count] if count else range(2, max(2, min(MOST, len(alive) // GROUPS)) + 1)
    judged = [(_silhouette(distance, found), found) for found in (_cut(distance, number) for number in tried)]
    silhouette, found = max(judged, key=lambda pair: pair[0]) if len(judged) > 1 else judged[0]
    groups = [np.flatnonzero(found == cluster) for cluster in range(found.max() + 1)]
    groups.sort(key=lambda group: (-len(group), group[0]))
    deviation = moments.deviation.numpy()
    standard = (moments.maps.numpy() - moments.mean.numpy()[:, None, None])[alive] / deviation[alive][:, None, None]
    return UnitClusters(
        layer,
        tuple(tuple(alive[place] for place in group) for group in groups),
        tuple(np.flatnonzero(~moments.alive.numpy()).tolist()),
        np.array([_cohesion(correlation[np.ix_(group, group)]) for group in groups]),
        silhouette,
        moments.mean.numpy(),
        deviation,
        np.stack([standard[group].mean(0) for group in groups]),
    )


def _cut(distance: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    if count == 1:
        return np.zeros(len(distance), dtype=np.int64)
    from sklearn.cluster import AgglomerativeClustering  # takes a second, and most directions need none of it

    model = AgglomerativeClustering(n_clusters=count, metric="precomputed", linkage="average")
    return np.asarray(model.fit_predict(distance), dtype=np.int64)


def _silhouette(distance: NDArray[np.float64], found: NDArray[np.int64]) -> float:
    if not 2 <= found.max() + 1 < len(distance):
        return float("nan")
    from sklearn.metrics import silhouette_score  # as above

    return float(silhouette_score(distance, found, metric="precomputed"))


def _cohesion(correlation: NDArray[np.float64]) -> float:
    count = len(correlation)
    return float((correlation.sum() - count) / (count * (count - 1))) if count > 1 else 1.0

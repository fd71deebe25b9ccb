"""The picture of clustered units: a row a cluster, with where it fires and the images that it lights up most."""

from core_gans.foundation.sheets import label
from dissect.directions.clusters import UnitClusters
from dissect.directions.exemplars import Exemplars
from dissect.directions.lettering import GREY, below, beside, framed
from dissect.report.sheets import Picture, heat, outlined

NAMED = 2  # classes written beside a cluster


def cluster_rows(clusters: UnitClusters, exemplars: Exemplars, *, width: int = 112, most: int = 20) -> Picture:
    """A row for each of the ``most`` largest clusters: words, its mean map, its strongest images with its region.

    The words say how many units it has and how they cohere, and which classes are there more often than elsewhere.
    """
    rows: list[Picture] = []
    for cluster, units in enumerate(clusters.members[:most]):
        tiles = [
            outlined(image, activation, float(exemplars.level[cluster]), width)
            for image, activation in zip(exemplars.images[cluster], exemplars.maps[cluster], strict=True)
        ]
        height = tiles[0].shape[0]
        words = [
            label(f"cluster {cluster + 1}", 150, 22, size=14),
            label(
                f"{len(units)} unit{'s' * (len(units) > 1)}, r = {clusters.cohesion[cluster]:.2f}", 150, 18, ink=GREY
            ),
        ]
        for name, inside, overall in exemplars.seen(cluster)[:NAMED]:
            words.append(label(f"{name} {inside:.0%} (of all {overall:.0%})", 150, 18, size=12))
        mean = heat(clusters.maps[cluster].astype("float32"), width, height)
        rows.append(beside([below(words), mean, *tiles], 6))
    return framed(below(rows, 8))

"""The picture of clustered units: a row a cluster, with where it fires and the images that it lights up most."""

from core_gans.foundation.counting import how_many
from core_gans.foundation.pixels import Picture
from core_gans.foundation.sheets import labelled_rows
from dissect.directions.clusters import UnitClusters
from dissect.directions.exemplars import Exemplars
from dissect.directions.writing import DRAWN, drawn_in_words, seen_in_words
from dissect.report.sheets import heat, outlined

NAMED = 2  # classes written beside a cluster


def cluster_rows(clusters: UnitClusters, exemplars: Exemplars, *, width: int = 112, most: int = DRAWN) -> Picture:
    """A row for each of the ``most`` largest clusters: words, its mean map, its strongest images with its region.

    The words say how many units it has and how they cohere, and which classes are there more often than elsewhere.
    """
    rows = []
    for cluster, units in enumerate(clusters.members[:most]):
        tiles = [
            outlined(image, activation, float(exemplars.level[cluster]), width)
            for image, activation in zip(exemplars.images[cluster], exemplars.maps[cluster], strict=True)
        ]
        mean = heat(clusters.maps[cluster].astype("float32"), width, tiles[0].shape[0])
        words = [
            f"cluster {cluster + 1}",
            f"{how_many(len(units), 'unit')}, r = {clusters.cohesion[cluster]:.2f}",
            *(seen_in_words(*seen) for seen in exemplars.seen(cluster)[:NAMED]),
        ]
        rows.append(("\n".join(words), [mean, *tiles]))
    return labelled_rows(rows, gap=6, note=drawn_in_words(len(clusters.members), most))

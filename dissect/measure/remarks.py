"""Warnings beside the numbers of a dissection: units without numbers, no matches, a generator that is random."""

from collections.abc import Sequence

from dissect.measure.dissection import Dissection

NAMED = 12  # units of a list, before it becomes "and 30 more"


def remarks(dissection: Dissection) -> list[str]:
    """One line for each thing that is wrong or missing; none where all is well."""
    said = []
    if dissection.unsteady:
        said.append(
            "the generator gives other images at equal latents: fix its noise, or draw it from the latents; the counts "
            "hold, for each image was counted as it was, but it cannot be shown or changed again"
        )
    if dissection.broken:
        said.append(
            f"{_units(dissection.broken)} of layer {dissection.layer!r} put out NaN or infinite numbers, which were "
            "counted as off: the generator is broken there, or its input is"
        )
    if dissection.dead:
        said.append(
            f"{_units(dissection.dead)} of layer {dissection.layer!r} never changed: dead, and matched to nothing"
        )
    if not dissection.matched():
        said.append(
            f"no unit of layer {dissection.layer!r} is matched: try a layer nearer to the middle of the generator, "
            f"more images (there were {dissection.images}), another preset or a lower criterion, and look at what the "
            "segmenter sees"
        )
    return said


def _units(units: Sequence[int]) -> str:
    more = f" and {len(units) - NAMED} more" if len(units) > NAMED else ""
    return f"{len(units)} unit{'s' if len(units) > 1 else ''} ({', '.join(map(str, units[:NAMED]))}{more})"

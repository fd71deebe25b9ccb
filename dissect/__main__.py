"""``python -m dissect``: open generators up.

    dissect run                              dissect the generator that comes with the lab, write a report
    dissect run runs/egan-scenes-...         dissect the generator of a run, or of a model file
    dissect run --generator my_gan:make --latent 100 --weights my.safetensors --segmenter my_segmenter.safetensors
                                             dissect a generator of your own: any nn.Module, or TorchScript
    dissect inspect FILE                     what a file holds, and how it is opened; nothing in it is run
    dissect layers [MODEL]                   the layers there are, with their shapes
    dissect findings                         the paper's findings, measured, with pictures
    dissect compare --others RUN2 RUN3 --seeds 0 1
                                             what holds over several generators, and over seeds
    dissect patch --concept house            what carries the house? Two latents compared layer by layer, place by place
    dissect name-units --layer block16 --clip FOLDER --words 'tree, house, night'
                                             units named by words, through CLIP
    dissect directions --method pca          directions, clusters of units, probes: concepts without labels
    dissect dictionary --layer block16       mixtures of units that fire alone, as a layer that is dissected like others
    dissect mend                             find the units that cause artifacts, save a generator without them
    dissect invert PICTURE                   what the generator draws your own picture from, to edit it
    dissect train-segmenter                  teach a small U-Net to see the drawn scenes, or your own masks
    dissect train-encoder                    teach a small network to tell what a picture was drawn from
    dissect list                             the segmenters that have a name

Every command explains its fields with --help. `eval "$(dissect completion)"` lets a shell complete them.
They live in ``dissect.commands``, the one part of ``dissect`` that knows the lab's checkpoints; the library takes any
``nn.Module``.
"""

from __future__ import annotations

from collections.abc import Sequence

from core_gans.commands.dispatch import dispatch
from dissect.commands import COMMANDS


def main(words: Sequence[str] | None = None) -> None:
    """The command ``dissect``."""
    dispatch("dissect", __doc__ or "", COMMANDS, words)


if __name__ == "__main__":
    main()

"""``python -m core_gans``: train, resume, sample, export, judge, explain, explore, translate, predict, compare,
theory, data, list.

    core-gans train dcgan --data digits --seconds 60     train a variant in a new run folder
    core-gans train my_losses:mine --data digits         the same with a game or an objective of your own
    core-gans resume runs/dcgan-digits-...               continue it exactly where it stands
    core-gans explain runs/dcgan-digits-...              say in words whether it converges
    core-gans sample runs/dcgan-digits-... --count 64    draw samples from a run or a model file
    core-gans sample runs/cgan-... --classes 3 7 --count 1000 --out FOLDER   one file a picture; .npz: an array
    core-gans sample runs/text_to_image-... --text TEXT  draw what a text asks for
    core-gans judge runs/dcgan-digits-... --count 2000   measure it against real examples
    core-gans explore runs/dcgan-digits-...              paths between latents, nearest real examples, arithmetic
    core-gans translate runs/pix2pix-... IN OUT          translate a folder of pictures into another
    core-gans sample runs/videogan-... --out films.gif   films: .gif, .mp4, a folder of GIFs, .npz, or a .png of frames
    core-gans translate runs/nmt-... --text TEXT         translate a sentence, or a text file IN into a new one OUT
    core-gans predict runs/video_prediction-... CLIP     how a clip goes on: --frames 8 --out predicted.gif
    core-gans compare gan lsgan wgan_gp --data digits    several variants on one budget: table, curves, samples
    core-gans theory --out theory                        the picture of data, model and optimal discriminator
    core-gans data photos --sheet photos.png             say what is read of a path, and show it
    core-gans data scenes --count 10000 --out scenes.npz write drawn scenes
    core-gans export runs/dcgan-digits-... FOLDER        give the generator to others: weights, model card, --onnx
    core-gans list                                       the variants, the data, the metrics and the families

Every command explains its fields with --help. `eval "$(core-gans completion)"` lets a shell complete them.
A run that names code of your own is opened with --trust module:name.
"""

from __future__ import annotations

from collections.abc import Sequence

from core_gans.commands import COMMANDS
from core_gans.commands.dispatch import dispatch


def main(words: Sequence[str] | None = None) -> None:
    """The command ``core-gans``."""
    dispatch("core-gans", __doc__ or "", COMMANDS, words)


if __name__ == "__main__":
    main()

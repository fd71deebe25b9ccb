"""``python -m egan``: evolve generators (E-GAN, Wang et al. 2019).

    egan evolve --data digits --seconds 90     evolve dcgan's networks in a new run folder
    egan evolve wgan_gp --data ring            evolve another variant's
    egan evolve --like runs/egan-digits-...    repeat a run in another new one
    egan resume runs/egan-digits-...           continue a run exactly where it stands
    egan experiment ring --seeds 10            does selection help? against each mutation alone, and against chance
    egan list                                  the mutations

Every command explains its fields with --help. `eval "$(egan completion)"` lets a shell complete them.
"""

from __future__ import annotations

from collections.abc import Sequence

from core_gans.commands.dispatch import dispatch
from egan.commands import COMMANDS


def main(words: Sequence[str] | None = None) -> None:
    """The command ``egan``."""
    dispatch("egan", __doc__ or "", COMMANDS, words)


if __name__ == "__main__":
    main()

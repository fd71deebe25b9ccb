"""Games that answer given examples, as what comes next in a clip: the part that is held out, and their watchers."""

from core_gans.held_out.parts import Held
from core_gans.held_out.watching import held_out_watchers

__all__ = ["Held", "held_out_watchers"]

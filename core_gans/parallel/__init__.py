"""One game played by several processes: ``torchrun --nproc-per-node 2 -m core_gans train dcgan ...``."""

from core_gans.parallel.team import Team, joined, require_joined, team

__all__ = ["Team", "joined", "require_joined", "team"]

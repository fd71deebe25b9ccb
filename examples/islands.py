# %% [markdown]
# # Islands
#
# Several populations evolve apart, each with its own discriminator. Now and then a good generator migrates. In the
# end the best island draws, or a mixture of all.

# %%
import tempfile
from collections import Counter
from pathlib import Path

from rich.console import Console

from core_gans.session import Options
from egan.islands.run import run_islands
from egan.islands.settings import Islands
from egan.options import Evolution

GENERATIONS = 600  # small: 4
ISLANDS = 4  # small: 2
MIGRATE_EVERY = 100  # small: 2

runs = Path(tempfile.mkdtemp())
networks = {"family": "mlp", "width": 64, "depth": 2, "latent": 2, "rate": 2e-3}
settings = Islands(islands=ISLANDS, migrate_every=MIGRATE_EVERY, outcome="mixture")
result = run_islands(
    "gan",
    networks,
    Options(data="ring", count=5_000, explain_every=0),
    Evolution(gamma=0.05),
    settings,
    rounds=GENERATIONS,
    runs_folder=runs,
    name="archipelago",
    console=Console(quiet=True),
)
result

# %% [markdown]
# Each island is a population with a past. Which mutation won on each of them?

# %%
for island in range(ISLANDS):
    population = result.state.population(island)
    print(f"island {island}:", dict(Counter(population.logbook.select("winner"))))

# %% [markdown]
# Who went where at the first migration, and what share each island has in the mixture:

# %%
print(result.state.migrations[0])
result.state.chosen

# %% [markdown]
# The run is a folder. `egan resume` goes on with it, with `--workers 2` in two processes, or over Ray with `--address
# auto`, with equal numbers to the bit: see [islands](../islands.md).

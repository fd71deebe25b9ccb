"""The recordings that the Evolve tab plays when it is opened."""

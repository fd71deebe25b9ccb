"""Evolve: populations of generators, started from a page and watched while they evolve."""

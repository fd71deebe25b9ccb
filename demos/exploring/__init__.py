"""Explore: walks, arithmetic, directions, classes and translations of a learned model."""

"""Other machines: a Ray cluster, and whether they have this code."""

"""A run as a folder: its files, its checkpoints, and the watchers that write them."""

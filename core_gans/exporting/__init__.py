"""A trained player in a folder for others, in the layout of a model hub."""

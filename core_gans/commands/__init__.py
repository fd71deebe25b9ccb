"""The commands of ``core-gans``: one dataclass a file, whose fields are the command line."""

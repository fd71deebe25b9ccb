"""The commands of ``egan``: one dataclass a file, whose fields are the command line and whose ``run`` does it."""

COMMANDS = {  # name: where it is; imported when it is asked for
    "evolve": "egan.commands.evolve:evolve",
    "resume": "egan.commands.resume:Resume",
    "experiment": "egan.commands.experiment:Experiment",
    "list": "egan.commands.list:List",
}

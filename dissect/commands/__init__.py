"""The commands of ``dissect``: one dataclass a file, whose fields are the command line and whose ``run`` does it."""

COMMANDS = {  # name: where it is; imported when it is asked for
    "run": "dissect.commands.run:Run",
    "inspect": "dissect.commands.inspect:Inspect",
    "layers": "dissect.commands.layers:Layers",
    "compare": "dissect.commands.compare:Compare",
    "findings": "dissect.commands.findings:FindingsCommand",
    "patch": "dissect.commands.patch:Patch",
    "dictionary": "dissect.commands.dictionary:DictionaryCommand",
    "name-units": "dissect.commands.name_units:NameUnits",
    "directions": "dissect.commands.directions:Directions",
    "mend": "dissect.commands.mend:Mend",
    "invert": "dissect.commands.invert:Invert",
    "train-segmenter": "dissect.commands.train_segmenter:TrainSegmenter",
    "train-encoder": "dissect.commands.train_encoder:TrainEncoder",
    "list": "dissect.commands.list:List",
}

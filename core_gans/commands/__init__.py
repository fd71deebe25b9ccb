"""The commands of ``core-gans``: one dataclass a file, whose fields are the command line and whose ``run`` does it."""

COMMANDS = {  # name: where it is; imported when it is asked for
    "train": "core_gans.commands.train:train",
    "resume": "core_gans.commands.resume:Resume",
    "explain": "core_gans.commands.explain:Explain",
    "judge": "core_gans.commands.judge:Judging",
    "explore": "core_gans.commands.explore:Explore",
    "translate": "core_gans.commands.translate:Translate",
    "predict": "core_gans.commands.predict:Predict",
    "compare": "core_gans.commands.compare:Compare",
    "sample": "core_gans.commands.sample:Sample",
    "export": "core_gans.commands.export:Export",
    "theory": "core_gans.commands.theory:Theory",
    "data": "core_gans.commands.data:Data",
    "list": "core_gans.commands.list:List",
}

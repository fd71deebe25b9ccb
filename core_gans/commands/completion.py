"""What a shell needs to complete a program's commands and their flags, as a script for bash (and zsh, by bashcompinit).

tyro completes one command each; here the first word chooses among many, so the script is made of all their help texts.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import re
from collections.abc import Mapping
from typing import Any

from core_gans.commands.flags import flags_in, help_text

NAME = "completion"


def completion(program: str, commands: Mapping[str, str]) -> str:
    """The script for ``program``, whose ``commands`` are places, as ``dispatch`` takes them."""
    function = f"_{program.replace('-', '_')}"
    cases = [f'        1:*) words="{" ".join([*commands, NAME])}" ;;']
    for name, place in commands.items():
        module, _, called = place.partition(":")
        found: Any = getattr(importlib.import_module(module), called)
        if not isinstance(found, type):
            cases.append(f'        2:{name}) words="{" ".join(_variants())}" ;;')
        cases.append(f'        *:{name}) words="{" ".join(_flags(found, f"{program} {name}"))}" ;;')
    return "\n".join(
        [
            f'# for bash: eval "$({program} {NAME})"; for zsh after: autoload -U bashcompinit && bashcompinit',
            f"{function}() {{",
            '    local words=""',
            '    case "$COMP_CWORD:${COMP_WORDS[1]}" in',
            *cases,
            "    esac",
            '    COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))',
            "}",
            f"complete -o default -F {function} {program}",
        ]
    )


def _flags(found: Any, program: str) -> list[str]:
    if isinstance(found, type):
        groups = flags_in(help_text(found, program)).values()
        return [name for group in groups for flag in group for name in flag.names]
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
        found(program, ["dcgan", "--help-all"])
    return list(dict.fromkeys(re.findall(r"--[a-z][a-z0-9-]+", said.getvalue())))


def _variants() -> list[str]:
    from core_gans.variants import SEQUENCES, TRANSLATIONS, VARIANTS  # which loads torch

    return [*VARIANTS, *TRANSLATIONS, *SEQUENCES]

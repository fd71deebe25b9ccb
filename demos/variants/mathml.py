r"""Formulas as MathML, which browsers typeset by themselves, from a short notation close to what is spoken.

``\E_x \log D(x)``: a backslash names a sign or a function, ``^`` and ``_`` raise and lower what follows, braces hold
together, and ``\frac{a}{b}`` and ``\sqrt{a}`` are what they are in TeX. Everything else stands for itself.
"""

from __future__ import annotations

import re
from html import escape

SIGNS = {
    "E": "𝔼", "alpha": "α", "epsilon": "ε", "lambda": "λ", "mu": "μ", "pi": "π", "sigma": "σ", "Delta": "Δ", "phi": "φ",
}  # fmt: skip
OPERATORS = {"nabla": "∇", "norm": "‖", "half": "½"}
FUNCTIONS = ("log", "max", "tanh", "sign")
TOKEN = re.compile(r"\\[a-zA-Z]+|\d+(?:\.\d+)?|[a-zA-Z]|[{}^_]|[^\s]")


def formula(text: str) -> str:
    """``text`` in the notation above as one ``<math>`` element. ValueError for braces that do not match.

    The notation itself is kept beside it, for programs that read the page aloud.
    """
    tokens = TOKEN.findall(text)
    inside = ""
    while tokens:
        if tokens[0] == "}":
            raise ValueError(f"expected braces in pairs, got one too many in {text!r}.")
        inside += _scripted(tokens)
    label = escape(re.sub(r"\\([a-zA-Z]+)", r"\1", text), quote=True)
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML" aria-label="{label}"><mrow>{inside}</mrow></math>'


def _scripted(tokens: list[str]) -> str:
    """The next sign or group with what is raised and lowered beside it."""
    base = _one(tokens)
    below = above = ""
    while tokens and tokens[0] in ("_", "^"):
        if tokens.pop(0) == "_":
            below = _one(tokens)
        else:
            above = _one(tokens)
    if below and above:
        return f"<msubsup>{base}{below}{above}</msubsup>"
    if below:
        return f"<msub>{base}{below}</msub>"
    return f"<msup>{base}{above}</msup>" if above else base


def _one(tokens: list[str]) -> str:
    if not tokens:
        raise ValueError("expected something to follow at the end of a formula.")
    token = tokens.pop(0)
    if token == "{":
        inside = ""
        while tokens and tokens[0] != "}":
            inside += _scripted(tokens)
        if not tokens:
            raise ValueError("expected braces in pairs, got one that is never closed.")
        tokens.pop(0)
        return f"<mrow>{inside}</mrow>"
    if token == "\\frac":
        return f"<mfrac>{_one(tokens)}{_one(tokens)}</mfrac>"
    if token == "\\sqrt":
        return f"<msqrt>{_one(tokens)}</msqrt>"
    if token.startswith("\\"):
        return _named(token[1:])
    if token[0].isdigit():
        return f"<mn>{token}</mn>"
    if token.isalpha():
        return f"<mi>{token}</mi>"
    return f'<mo stretchy="false">{escape("−" if token == "-" else token)}</mo>'


def _named(name: str) -> str:
    if name in SIGNS:
        return f"<mi>{SIGNS[name]}</mi>"
    if name in FUNCTIONS:
        return f'<mi>{name}</mi><mspace width="0.17em"/>'
    if name in OPERATORS:
        return f'<mo stretchy="false">{OPERATORS[name]}</mo>'
    return f"<mtext>{name}</mtext>"

"""Messages that have a place in docs/errors.md, which says where they come from and what helps."""

from __future__ import annotations

PAGE = "docs/errors.md"
EXPLAINED = {  # a part of the message that stays the same: the heading that tells of it
    "not enough memory (": "not-enough-memory",
    "needs a GPU that torch can see": "no-gpu",
    "couples them: choose": "a-penalty-and-batch-normalisation",
    "the weights were left as they were before this step": "the-losses-are-nan",
    "exists already and is kept": "nothing-is-replaced",
    "is corrupt, or no file of this lab": "a-corrupt-file",
    "update gan-lab to read it": "a-file-of-a-newer-version",
    "holds no checkpoint yet": "no-checkpoint-yet",
    "is in use by another process": "the-run-is-in-use",
    "is the disk full?": "the-disk-is-full",
    "does not hold what": "other-data-than-before",
    "(--skip-broken)": "pictures-that-cannot-be-read",
    "choose --size": "a-size-that-cannot-be-drawn",
    "add --trust": "code-of-your-own",
    "pip install 'gan-lab[": "a-missing-extra",
    "is reached by other computers": "the-app-wants-a-password",
    "draws from no latents": "another-kind-of-game",
    "has no labels": "no-labels",
}


def where_explained(message: str) -> str:
    """`` (more: docs/errors.md#...)`` for a message of the list; empty for all others."""
    heading = next((heading for part, heading in EXPLAINED.items() if part in message), "")
    return f" (more: {PAGE}#{heading})" if heading else ""

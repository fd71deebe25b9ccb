"""The bases of the variants: two adversaries, margins, conditions, captions, translation."""

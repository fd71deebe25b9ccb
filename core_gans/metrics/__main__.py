"""``python -m core_gans.metrics``: train the classifier that judges digits, and write it where it ships."""

from __future__ import annotations

import tyro

from core_gans.metrics.digits_training import make_digits_classifier

if __name__ == "__main__":
    tyro.cli(make_digits_classifier)

"""Parts that make training steadier, fields of any ``AdversarialGame``. Salimans et al. 2016, "Improved Techniques".

One-sided label smoothing is ``smoothing`` of ``objectives.goodfellow``.
"""

from core_gans.techniques.feature_matching import feature_matching
from core_gans.techniques.historical_averaging import begin_history, historical_penalty, remember
from core_gans.techniques.minibatch_discrimination import MinibatchDiscrimination
from core_gans.techniques.virtual_batch_norm import VirtualBatchNorm, set_references

__all__ = [
    "MinibatchDiscrimination",
    "VirtualBatchNorm",
    "begin_history",
    "feature_matching",
    "historical_penalty",
    "remember",
    "set_references",
]

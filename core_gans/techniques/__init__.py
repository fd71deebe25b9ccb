"""Parts that make training steadier, for any game to take. Salimans et al. 2016, "Improved Techniques".

One-sided label smoothing is ``smoothing`` of ``objectives.goodfellow``.
"""

from core_gans.techniques.feature_matching import feature_matching
from core_gans.techniques.historical_averaging import HistoricalAverage
from core_gans.techniques.minibatch_discrimination import MinibatchDiscrimination
from core_gans.techniques.virtual_batch_norm import VirtualBatchNorm, set_references

__all__ = ["HistoricalAverage", "MinibatchDiscrimination", "VirtualBatchNorm", "feature_matching", "set_references"]

"""Measure: which units of a layer agree with which concepts (Bau et al. 2019, section 3.1)."""

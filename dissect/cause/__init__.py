"""Cause: what happens when units are removed, inserted or weighed (Bau et al. 2019, section 3.2)."""

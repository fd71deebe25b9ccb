"""Measurements of what goes on in time: prediction and films, driving, translation and sentences."""

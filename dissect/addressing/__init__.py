"""Places in a network: a module, and what of it: inputs, parts, runs, layouts."""

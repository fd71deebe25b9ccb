"""Names of units from a list of words, by a network that knows pictures and words: CLIP-Dissect."""

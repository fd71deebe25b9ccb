"""Texts as data: sentences and pairs of sentences, by name or from files, as the numbers of their words."""

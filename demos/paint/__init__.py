"""Paint: erase, add and amplify what the units of a generator draw."""

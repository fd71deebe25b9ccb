"""Islands: populations apart, between which the best generators migrate; in this process, in several, or over Ray."""

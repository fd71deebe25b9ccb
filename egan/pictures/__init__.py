"""The pictures of an evolution: its curves and its family tree."""

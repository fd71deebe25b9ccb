"""A drawn road: courses, a car that is steered on them, what its driver sees, and where a picture shows it to be."""

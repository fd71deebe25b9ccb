"""What all four packages stand on: errors, sealed files, pictures, distances. It imports nothing else of the lab."""

"""What the players minimise: objectives, f-divergences and penalties, from raw scores to scalars."""

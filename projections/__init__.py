"""What do the recorded events add up to, as of a month and as known at a position? The read models."""

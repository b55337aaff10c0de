"""What was recorded, in which order, and can it be proved? The event store, and the one way in."""

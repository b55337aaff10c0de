"""What may be decided about a household, and by which rule? Pure decisions: no input or output, no clock."""

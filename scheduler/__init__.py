"""Which job is due, when, and how is it proved that it ran once?"""

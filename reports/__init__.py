"""Turns a run folder into what people look at."""

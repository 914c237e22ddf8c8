"""Speaks AT commands (3GPP TS 27.005, 27.007, ITU-T V.250) to a cellular module."""

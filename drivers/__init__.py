"""Speaks to real things: modules over AT commands, gateways, packet interfaces."""

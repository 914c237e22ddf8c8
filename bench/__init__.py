"""Runs tests on connected modules, cards and gateways, and judges what they show."""

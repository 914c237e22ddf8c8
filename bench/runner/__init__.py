"""Runs suites: claim, virtual lab, robot, verdicts, release; and the matrix of faults."""

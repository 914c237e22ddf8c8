"""Runs every suite once per module under test: a modifier for Robot's parsed suites."""

from collections.abc import Iterable

from robot.api import SuiteVisitor
from robot.running import TestSuite

_TAG = "module:"


class Subjects(SuiteVisitor):  # type: ignore[misc]  # robot ships no types for its visitors
    """Copies the suites for each module and tags the copies' tests with it.

    ``modules`` are names from the bench file, as ``--prerunmodifier`` passes them (separated by ``:``).
    """

    def __init__(self, *modules: str) -> None:
        self._modules = modules

    def start_suite(self, suite: TestSuite) -> bool:
        """Put one copy per module in the place of the suites; nothing below needs a visit."""
        suites = [suite.deepcopy(name=module) for module in self._modules]
        for module, copy in zip(self._modules, suites, strict=True):
            for test in copy.all_tests:
                test.tags.add(_TAG + module)
        suite.suites = suites
        suite.tests.clear()
        return False


def module_of(tags: Iterable[str]) -> str:
    """Return the module that a test is for, from its tags; an empty string when it has none."""
    return next((tag.removeprefix(_TAG) for tag in tags if tag.startswith(_TAG)), "")

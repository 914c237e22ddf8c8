"""Lists the tests of the suites for programs that do not know Robot: `python -m bench.keywords.listing FOLDER`.

Prints a JSON array of objects with ``name`` and ``tags``, in the order of the suites.
"""

import json
import sys

from robot.api import TestSuite


def main() -> None:
    """Parse the suites below a folder, without running or importing anything they name, and print their tests."""
    tests = TestSuite.from_file_system(sys.argv[1]).all_tests
    json.dump([{"name": test.name, "tags": list(test.tags)} for test in tests], sys.stdout)


if __name__ == "__main__":
    main()

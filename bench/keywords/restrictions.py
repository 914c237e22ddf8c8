"""The keyword library of the suites on modules."""

from robot.api.deco import library

from bench.keywords.binding import BindingKeywords
from bench.keywords.identities import IdentityKeywords
from bench.keywords.numbers import NumberKeywords
from bench.keywords.openness import OpennessKeywords
from bench.keywords.usage import UsageKeywords


@library(scope="GLOBAL", listener="SELF", auto_keywords=False)
class Restrictions(UsageKeywords, BindingKeywords, OpennessKeywords, IdentityKeywords, NumberKeywords):
    """Proves what an eSIM IoT subscription can and cannot do.

    A test opens a check with `Expect Refusal`, `Expect Service` or `Expect Property` in its setup, makes attempts
    or readings in its body, and ends with `Conclude Check` in its teardown. Keywords record what the witnesses
    saw; only the judge says what it means. The module under test comes from the run, the clause from the tags.

    A fault of the bench never raises in a keyword: it is recorded, the rest of the check does nothing, and the
    verdict is an error.
    """

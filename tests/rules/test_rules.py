"""Every rule accepts its good examples and says exactly what its bad examples expect."""

import pytest

from suites.core.discovery import rules
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, NotApplicable, NotCollected, Rule
from tests.support.cases import check_each

RULES = rules()
CHOOSY = {rule.id: rule for rule in RULES.values() if rule.only}
BY_NAME = {"metrics/info-value-is-one", "metrics/no-colons", "metrics/type-declared"}
"""Rules whose `only` is the condition itself, so that `check` does not ask again."""


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_has_examples_a_source_and_a_reason_and_says_exactly_what_its_examples_expect(rule: Rule) -> None:
    assert rule.good, "no Good example: nothing shows what the rule accepts"
    assert rule.bad, "no Bad example: nothing shows that the rule can fail"
    assert all(bad.messages for bad in rule.bad), "a Bad example names the messages it provokes"
    assert rule.source.startswith("https://"), "the source is a page a reader can open"
    assert rule.why, "the docstring's second paragraph says why the rule matters"
    assert rule.title.endswith("."), "the title is a sentence"

    def says_what_is_expected(example: Good | Bad) -> None:
        found = [finding.message for finding in rule.judge(rule.record.parse(example.text))]
        assert found == (list(example.messages) if isinstance(example, Bad) else [])

    examples: list[Good | Bad] = [*rule.good, *rule.bad]
    check_each({f"{number}. {one.text}": one for number, one in enumerate(examples, 1)}, says_what_is_expected)


@pytest.mark.parametrize("rule", [pytest.param(rule, id=name) for name, rule in RULES.items() if rule.unjudged])
def test_gives_no_verdict_where_its_examples_say_so(rule: Rule) -> None:
    for example in rule.unjudged:
        findings: list[Finding] = []
        with pytest.raises((NotApplicable, NotCollected)) as raised:
            findings += rule.judge(rule.record.parse(example.text))
        assert findings == [], example.text
        assert (raised.type, str(raised.value)) == (type(example.raised), str(example.raised)), example.text


@pytest.mark.parametrize("rule", CHOOSY.values(), ids=CHOOSY)
def test_a_rule_finds_nothing_in_the_records_that_it_leaves_out(rule: Rule) -> None:
    alike = [other for other in RULES.values() if other.record is rule.record]
    texts = [example.text for other in alike for kind in (other.good, other.bad) for example in kind]
    left_out = [record for record in map(rule.record.parse, texts) if rule.only and not rule.only(record)]
    assert 0 < len(left_out) < len(texts)
    found = [finding.message for record in left_out for finding in rule.check(record)]
    assert bool(found) is (rule.id in BY_NAME), found

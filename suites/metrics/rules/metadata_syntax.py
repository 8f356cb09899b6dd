"""TYPE, HELP and UNIT lines are well-formed.

Prometheus refuses the scrape for a TYPE line without its two parts. Sections: text format "Comments, help text, and
type information"; OpenMetrics "ABNF".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good("# HELP a\n# TYPE a gauge\na 1\n"),
    Good("# HELP a \n# TYPE a gauge\na 1\n# EOF\n"),
    Bad("# TYPE a\na 1\n", "a TYPE line of `a` has no value"),
    Bad("# HELP\na 1\n", "a HELP line names no metric"),
    Bad('# TYPE "a gauge\na 1\n', "a TYPE line has a quoted name that does not end before the next blank"),
    Bad(
        "# TYPE a gauge\n# HELP Number of jobs\na 1\n",
        "a HELP line of `a` leaves out the name, so it is read as that of `Number`",
    ),
    Bad("# HELP a Jobs.\n# TYPE gauge\na 1\n", "a TYPE line leaves out the name before `gauge`"),
    Bad("# HELP a_jobs J.\n# TYPE a_jbos gauge\na_jobs 1\n", "a TYPE line of `a_jobs` has the name `a_jbos`"),
    Bad("#TYPE a gauge\na 1\n", "a TYPE line of `a` has no blank after `#`, so Prometheus takes it for a comment"),
    Good("#TYPE is not known here\n#HELP wanted\n# TYPE a gauge\na 1\n"),
    Good("# TYPE cache1_hits gauge\ncache2_hits 1\n"),
    Good("# TYPE line_a gauge\nline_b 1\n"),
    Good("# TYPE disk_reads_completed gauge\ndisk_writes_completed 1\n"),
    Bad(
        "# HELP wait_secnds W.\n# TYPE wait_secnds summary\nwait_seconds_sum 3\nwait_seconds_count 2\n",
        "a HELP and a TYPE line of `wait_seconds` have the name `wait_secnds`",
    ),
    Bad("# HELP a\na 1\n# EOF\n", "a HELP line of `a` has no value"),
    Bad("#TYPE a gauge\na 1\n# EOF\n", "a TYPE line of `a` has other blanks than one space between its parts"),
    level=Level.MUST,
    source="https://prometheus.io/docs/instrumenting/exposition_formats/#comments-help-text-and-type-information",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "malformed_metadata",
        "a {0}",
        "write `# TYPE name type` and `# HELP name text`, in OpenMetrics with exactly one space between the parts",
    )

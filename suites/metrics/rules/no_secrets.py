"""Labels and help texts contain no secrets.

Everyone who can query Prometheus can read them, and dashboards, alerts and remote storage copy them. A token, key or
password there is leaked and must be replaced at its issuer. The kinds are listed in `schemas/secret-kinds.yaml`.
"""

import re
from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from stack.text.secrets import find_in_lines
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.families import where, where_label

MAY_HAVE_ONE = re.compile(r"[=@'\"]|-----| -|\S{20}|[Pp]ass|PASS").search
"""Other texts have no secret that is known by its form."""
PASSWORDS = ("passwd", "password")
"""Labels whose values are secrets whatever they look like; other names, such as `secret`, often name a secret."""
LOOKALIKES = ("card number", "card verification code", "one-time password", "PIN", "social security number")
"""Kinds that many harmless numbers look like."""


@rule(
    Good('app_pool{dsn="postgres://app:***@db/jobs",password="[REDACTED]",type="bearer",policy="password"} 1\n'),
    Good('kube_secret_info{secret="default-token-x7k2p",uid="4111111111111111"} 1\n'),
    Bad(
        'app_pool{dsn="postgres://app:hunter2@db/a"} 1\napp_pool{dsn="postgres://app:hunter2@db/b"} 1\n',
        "password in a URL in label `dsn` of `app_pool`",
    ),
    Bad(
        'process_up{cmdline="mysqldump -uroot -phunter2 jobs"} 1\n',
        "password on a command line in label `cmdline` of `process_up`",
    ),
    Bad('app_pool{password="correct-horse"} 1\n', "password in label `password` of `app_pool`"),
    Bad(
        "# HELP app_pool Connections to postgres://app:hunter2@db/jobs.\napp_pool 1\n",
        "password in a URL in the help text of `app_pool`",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/operating/security/#secrets",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    pairs = [pair for pair in exposition.label_pairs if MAY_HAVE_ONE(pair[1]) or pair[0].lower() in PASSWORDS]
    texts = [f'{name}="{value}"' if name.lower() in PASSWORDS else value for name, value in pairs]
    found = {(*pairs[index], secret.kind) for index, secret in find_in_lines(texts) if secret.kind not in LOOKALIKES}
    for family in exposition.families if found else ():
        labels = exposition.label_values[family.name]
        first = {(label, kind): value for label, value, kind in sorted(found) if value in labels.get(label, ())}
        for (label, kind), value in first.items():
            yield _finding(kind, f"label `{label}` of `{family.exposed_name}`", where_label(family, label, value))
    helps = [
        text for text in dict.fromkeys(family.help for family in exposition.families) if text and MAY_HAVE_ONE(text)
    ]
    for index, secret in find_in_lines(helps):
        if secret.kind not in LOOKALIKES:
            family = next(family for family in exposition.families if family.help == helps[index])
            yield _finding(secret.kind, f"the help text of `{family.exposed_name}`", where(family))


def _finding(kind: str, place: str, where: Where) -> Finding:
    return Finding(f"{kind} in {place}", where, f"take the {kind} out and replace it at its issuer")

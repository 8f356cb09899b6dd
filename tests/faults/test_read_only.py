"""A run on a live stack only reads: what every server is asked is recorded by a proxy before it."""

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.faults.site import STYLES
from tests.faults.start import running_site
from tests.faults.table import Fault

PER_SERVICE = 60
"""Requests that a night may send for each service, to it and to the stack: the load on a live stack is bounded."""
BY_POST = re.compile(r"/boards/(api/ds/query|api/frontend-metrics|login)$")
"""What Grafana takes by POST: queries of panels, and the sign-in of the viewer that the target file names."""


@pytest.mark.native
@pytest.mark.parametrize("provoke", [False, True])
def test_only_reads_reach_a_live_stack(provoke: bool, tmp_path: Path) -> None:
    """With Grafana in the second run, whose dashboards are opened in a browser."""
    fronts = {f": http://${{{name}}}\n": f": http://${{front_{name}}}\n" for name in STYLES}
    texts = {**fronts, "jobs: [": f"provoke: {str(provoke).lower()}\njobs: ["}
    if provoke:
        signed = "user_env: HARBOUR_USER, password_env: HARBOUR_PASSWORD"
        texts["catalog: catalog\n"] = f'catalog: catalog\ngrafana: {{url: "http://${{gateway}}/boards", {signed}}}\n'
    change = Fault("", "", "", "", files={"target.yaml": texts})
    with running_site(tmp_path / "site", [change], *(["grafana"] if provoke else [])) as site:
        site.settle()
        log = site.home / "data" / "requests.log"
        log.write_text("", encoding="utf-8")
        night = site.night(tmp_path / "night", target="target-files.yaml" if provoke else "target.yaml")
        requests = [tuple(line.split()[:2]) for line in log.read_text(encoding="utf-8").splitlines()]

    paths = [(method, path.partition("?")[0]) for method, path in requests]
    parts = ["/metric-store/api/v1/", "/log-store/loki/api/v1/", "/pager/api/v2/", "/metrics"]
    for part in [*parts, *(["/boards/api/datasources", "/boards/api/ds/query"] if provoke else [])]:
        assert any(path.startswith(part) for _, path in paths), f"nothing was read from {part}\n{night.output}"
    written = [(method, path) for method, path in paths if method not in ("GET", "HEAD")]
    assert not [one for one in written if not (one[0] == "POST" and BY_POST.search(one[1]))], written
    forbidden = ("push", "delete", "reload", "quit", "admin")
    assert not [path for _, path in paths if "/boards/" not in path and any(word in path for word in forbidden)]
    of_stack = [path for _, path in paths if not path.startswith("/boards/public/")]
    assert len(of_stack) < 100 + PER_SERVICE * (len(STYLES) + provoke), Counter(of_stack).most_common(20)

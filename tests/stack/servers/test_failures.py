"""Every way in which a Go build fails has its own message and exit code."""

from pathlib import Path

import pytest

from stack.servers.failures import Reason, explain


@pytest.mark.parametrize(
    ("output", "reason", "says"),
    [
        ("write /x.a: no space left on device", Reason.DISK, "GB free at"),
        ('Get "https://proxy/x": dial tcp: lookup proxy: no such host', Reason.PROXY, "does not answer"),
        ("module lookup disabled by GOPROXY=off", Reason.PROXY, "Check the network and GOPROXY"),
        (
            "go: github.com/prometheus/prometheus@v0.399.9: reading https://proxy/v0.399.9.mod: 403 Forbidden",
            Reason.REFUSED,
            "refuses github.com/prometheus/prometheus v0.399.9",
        ),
        ("go: example.com/a@v1.0.0: invalid version: unknown revision v1.0.0", Reason.REFUSED, "v1.0.0"),
        ("go: go.mod requires go >= 1.26.5 (running go 1.24.1)", Reason.TOO_OLD, "too old"),
        ("verifying example.com/a@v1.0.0: checksum mismatch", Reason.CHECKSUM, "not the one pinned"),
        ("compile: signal: killed", Reason.MEMORY, "GOFLAGS=-p=1"),
        ("main.go:3:2: undefined: x", Reason.BUILD, "undefined: x"),
    ],
)
def test_each_failure_is_told_apart(output: str, reason: Reason, says: str, tmp_path: Path) -> None:
    error = explain("loki", output, tmp_path / "not" / "yet")
    assert error.reason is reason
    assert says in str(error)
    assert output in str(error), "go's own words are kept"

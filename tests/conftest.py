"""What holds for all of the suite's own tests: nothing that one starts outlives it, and which are left for later."""

import gc
import os
import signal
import threading
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.leaks import nothing_left_of_a_module, nothing_left_of_a_test, session_mark

__all__ = ["nothing_left_of_a_module", "nothing_left_of_a_test", "session_mark"]

# How long an example takes is up to the machine; a test whose subject is time measures it itself.
settings.register_profile("any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any-machine")

HERE = Path(__file__).parent
SLOW = (
    "alerts/test_accepted.py::test_amtool_says_so_too",
    "alerts/test_certificate_trial.py::",
    "alerts/test_files.py::test_a_value_of_a_wrong_type_is_a_finding",
    "alerts/test_trial.py::",
    "components/test_discovery.py::test_a_run",
    "console/test_gateway.py::test_only_the_gateways_own_pages",
    "console/test_image.py::test_what_is_copied",
    "console/test_logs.py::test_an_export_is_every",
    "console/test_logs.py::test_lines_are_encoded",
    "console/test_pages.py",
    "console/test_quoting_live.py",
    "console/test_rules_red.py",
    "console/test_terminal.py::",
    "console/test_terminal_gateway.py::",
    "console/test_terminal_page.py::",
    "console/test_terminal_recording.py::",
    "console/test_trial_evidence.py",
    "console/test_trial_live.py",
    "core/test_judge_elsewhere.py",
    "dashboards/test_declared_empty.py::",
    "dashboards/test_files.py::test_a_value_of_a_wrong_type_is_a_finding",
    "faults",
    "fidelity/test_fidelity.py::test_the_stand_ins_store",
    "fixtures/test_reference_services.py",
    "load",
    "logs/test_collect.py::test_silent_services",
    "logs/test_delivery.py::test_no_entry_counts_twice",
    "logs/test_delivery_red.py::test_a_wrong",
    "logs/test_judge.py::test_a_hundred_thousand",
    "logs/test_losses_live.py",
    "logs/test_new_log_format.py::test_a_new",
    "logs/test_reader.py::test_every_rule_judges_hostile",
    "logs/test_reader.py::test_normalising_takes_any_value",
    "logs/test_secrets.py::test_any_mixture",
    "logs/test_secrets.py::test_repeating_any_piece",
    "logs/test_secrets.py::test_the_rule_finds_each_kind",
    "logs/test_validate.py::test_both_validators",
    "metrics/test_broken_endpoints.py",
    "metrics/test_cases.py::test_the_one_fault_is_found_and_no_other[F03-slow",
    "metrics/test_endpoint_kinds.py",
    "metrics/test_helpers.py::test_many_slow_services",
    "reports/test_for_machines.py::test_sarif_of_too_many",
    "reports/test_for_machines.py::test_the_metrics",
    "reports/test_history.py::test_it_is_bounded",
    "reports/test_merge.py::test_a_missing_shard",
    "reports/test_new_format.py",
    "reports/test_plugin.py",
    "reports/test_reports.py::test_page",
    "reports/test_reports.py::test_summary_fits",
    "reports/test_reports.py::test_summary_of_a_service",
    "runs",
    "stack/backends/containers/test_cleanup.py",
    "stack/backends/containers/test_engine.py::test_a_run_without",
    "stack/backends/test_attached.py::test_a_run",
    "stack/backends/test_first_target.py::test_jobs_that_were_not_scraped",
    "stack/backends/test_first_target.py::test_the_command_ends",
    "stack/backends/test_first_target.py::test_the_command_trusts",
    "stack/backends/test_local.py::test_what_is_absent",
    "stack/backends/test_process.py::test_no_process_survives",
    "stack/embedded/test_embedded.py::test_no_bytes",
    "stack/records/test_exposition.py::test_a_long_line",
    "stack/records/test_exposition.py::test_time_grows",
    "stack/records/test_exposition_properties.py",
    "stack/records/test_exposition_textparse.py",
    "test_adding.py",
    "test_examples.py::test_the_command",
    "test_examples.py::test_the_packages",
    "test_leaks.py",
)
"""What takes far longer than others, mostly because it starts a process, a browser, a trial or a run, or is given much
data: `make test-fast` omits it."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not even import files of which all tests are slow where slow ones are left out: that takes seconds."""
    name = str(collection_path.relative_to(HERE)) if collection_path.is_relative_to(HERE) else ""
    return True if "not slow" in config.option.markexpr and {name, f"{name}::"} & {*SLOW} else None


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage among modules and tests, which all stay: it is a sixth of the time of a collection."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is slow, and fail where a name in the list is that of no file or test any more."""
    for name in SLOW:
        file, _, test = name.partition("::")
        path = HERE / file
        if not path.exists() or (test and f"def {test.partition('[')[0]}" not in path.read_text(encoding="utf-8")):
            raise pytest.UsageError(f"tests/conftest.py: SLOW names {name}, which does not exist")
    slow = tuple(f"tests/{name}" for name in SLOW)
    for item in items:
        if item.nodeid.startswith(slow):
            item.add_marker(pytest.mark.slow)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Two workers for each core: tests mostly wait, for a server that starts or a line that arrives.

    `-n logical`, for those that do not, is one for each: every worker costs the seconds of a collection.
    """
    return (1 if config.option.numprocesses == "logical" else 2) * (os.cpu_count() or 1)


def pytest_configure() -> None:
    """Let runs that tests start be interrupted, also where this process was started to ignore it (`make test &`)."""
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is signal.SIG_IGN:
                signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)

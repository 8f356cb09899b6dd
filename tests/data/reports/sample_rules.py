"""Invented rules for the sample reports: id, level, title, why, source, message, hint, excerpt."""

DOCS = "https://prometheus.io/docs"
_SPEC = "https://prometheus.io/docs/specs/om/open_metrics_spec"
_LOKI = "https://grafana.com/docs/loki/latest"
RULES: list[tuple[str, str, str, str, str, str, str, str]] = [
    (
        "metrics/counter-total-suffix",
        "SHOULD",
        "Counters end in `_total`.",
        "Without the suffix a reader cannot tell a counter, which needs `rate()`, from a gauge.",
        f"{DOCS}/practices/naming/#metric-names",
        "counter `http_requests` has no `_total` suffix",
        "Rename it to `http_requests_total` and keep the old name for one release.",
        "# TYPE http_requests counter\nhttp_requests 1027",
    ),
    (
        "metrics/label-cardinality",
        "MUST",
        "No label takes more values than the budget allows.",
        "Every value is a series of its own: an unbounded label grows until the server runs out of memory.",
        f"{DOCS}/practices/naming/#labels",
        "label `path` of `http_requests_total` has 412 values, budget 100",
        "Use the route's template as the label: `/users/{id}` instead of `/users/4711`.",
        'http_requests_total{path="/users/4711",code="200"} 1',
    ),
    (
        "metrics/histogram-buckets-cumulative",
        "MUST",
        "Bucket counts do not fall as `le` grows.",
        "Quantiles are interpolated between cumulative buckets; a falling one makes them nonsense.",
        f"{_SPEC}/#histogram",
        'bucket `le="0.5"` has 17, less than 21 in `le="0.25"`',
        "Count an observation in every bucket whose bound is not below it, or use the client library's histogram.",
        'http_request_duration_seconds_bucket{le="0.25"} 21\nhttp_request_duration_seconds_bucket{le="0.5"} 17',
    ),
    (
        "metrics/required-present",
        "MUST",
        "Every metric that the contract names is exposed.",
        "Dashboards and alerts are written against the contract; what is missing shows up as silence.",
        f"{DOCS}/practices/instrumentation/#online-serving-systems",
        "`storage_replication_lag_seconds` (gauge) is not exposed",
        "Register the gauge at start-up with its first value; do not wait for the first replication.",
        "",
    ),
    (
        "logs/level-allowed",
        "MUST",
        "The level is one of debug, info, warn, error, fatal.",
        "`level` is a stream label: another spelling opens another stream, and alerts on `error` miss it.",
        f"{_LOKI}/get-started/labels/",
        "level `ERR` in 3 of 240 lines",
        "Map the logger's level names in its encoder configuration.",
        '{"level":"ERR","ts":1767225600.1,"msg":"upstream timed out","request_id":"r-9f1"}',
    ),
    (
        "logs/no-secrets",
        "MUST",
        "No line carries a credential.",
        "Logs are copied to more places and read by more people than any secret store.",
        "https://cheatsheetseries.owasp.org/cheatsheets/Logging_Cheat_Sheet.html#data-to-exclude",
        "a bearer token in field `headers.authorization`",
        "Drop the header in the access logger; rotate the token.",
        '{"msg":"proxied","headers":{"authorization":"Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiJ9.c2lnbmF0dXJl"}}',
    ),
    (
        "logs/delivered-once",
        "MUST",
        "Each line is found in the log store exactly once.",
        "A lost line is an incident that cannot be explained; a doubled one breaks every count.",
        f"{_LOKI}/send-data/promtail/",
        "2 of 40 lines were not found within 10 s",
        "Look at `promtail_dropped_entries_total`; the lines exceed `max_line_size`.",
        "",
    ),
    (
        "retention/period-applied",
        "MUST",
        "Lines older than the retention period are refused or deleted.",
        "Keeping personal data longer than promised is a breach, keeping it shorter is a lost audit.",
        f"{_LOKI}/operations/storage/retention/",
        "`compactor.retention_enabled` is false, so `retention_period: 168h` has no effect",
        "Set `compactor.retention_enabled: true` and name a `delete_request_store`.",
        "compactor:\n  working_directory: /loki/compactor",
    ),
    (
        "dashboards/datasource-templated",
        "SHOULD",
        "Panels take their data source from a variable.",
        "A fixed uid ties the dashboard to one Grafana.",
        "https://grafana.com/docs/grafana/latest/dashboards/variables/",
        "panel `Error rate` uses the fixed uid `P8E80F9AEF21F6940`",
        "Use `${datasource}` and add a data source variable.",
        "",
    ),
    (
        "alerts/runbook-link",
        "SHOULD",
        "Every alert links to its runbook.",
        "Whoever is woken at night should not have to search.",
        f"{DOCS}/practices/alerting/",
        "alert `HighErrorRate` has no `runbook_url` annotation",
        "Add `annotations.runbook_url`.",
        "- alert: HighErrorRate",
    ),
]
_NAMES = """
metrics/help-present metrics/type-present metrics/unit-suffix metrics/no-timestamps metrics/eof
metrics/label-names metrics/no-interleaving metrics/counter-never-falls metrics/content-type metrics/gzip
metrics/body-budget metrics/build-info metrics/reserved-labels metrics/stored-equals-exposed metrics/target-up
metrics/base-units logs/json-object logs/timestamp-close logs/service-named logs/request-id
logs/stack-in-field logs/line-length logs/labels-exact logs/timestamp-kept alerts/has-for alerts/fires
stack/prometheus-ready stack/loki-ready
"""
MORE = _NAMES.split()
"""Further ids, without a text."""

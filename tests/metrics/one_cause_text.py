"""Typical defects of an exposition in the text format, each with the rule that reports it."""

SOUND = """\
# HELP shop_orders_total Orders placed by customers.
# TYPE shop_orders_total counter
shop_orders_total{channel="web"} 12
shop_orders_total{channel="app"} 3
# HELP shop_jobs Jobs that wait for a worker.
# TYPE shop_jobs gauge
shop_jobs{queue="mail"} 4
# HELP shop_free_bytes Room left on the disk for pictures.
# TYPE shop_free_bytes gauge
shop_free_bytes 1e+09
# HELP shop_order_seconds Time from click to confirmation.
# TYPE shop_order_seconds histogram
shop_order_seconds_bucket{channel="web",le="0.1"} 70
shop_order_seconds_bucket{channel="web",le="0.5"} 90
shop_order_seconds_bucket{channel="web",le="1"} 110
shop_order_seconds_bucket{channel="web",le="+Inf"} 120
shop_order_seconds_sum{channel="web"} 35
shop_order_seconds_count{channel="web"} 120
# HELP shop_parse_seconds Time to read an order.
# TYPE shop_parse_seconds summary
shop_parse_seconds{quantile="0.5"} 0.2
shop_parse_seconds{quantile="0.9"} 0.4
shop_parse_seconds_sum 3
shop_parse_seconds_count 12
# HELP shop_build_info Version that runs.
# TYPE shop_build_info gauge
shop_build_info{version="1.2.3"} 1
"""
JOBS = 'shop_jobs{queue="mail"} 4\n'
HELP, TYPE = "# HELP shop_jobs Jobs that wait for a worker.\n", "# TYPE shop_jobs gauge\n"
BUILD = 'shop_build_info{version="1.2.3"} 1\n'
HISTOGRAM = "# TYPE shop_order_seconds histogram\n"
ORDERS = "# HELP shop_orders_total Orders placed by customers.\n# TYPE shop_orders_total counter\n"

CREATED = """\
# TYPE shop_orders_created gauge
shop_orders_created{channel="web"} 1.7e9
shop_orders_created{channel="app"} 1.7e9
# TYPE shop_order_seconds_created gauge
shop_order_seconds_created{channel="web"} 1.7e9
# TYPE shop_parse_seconds_created gauge
shop_parse_seconds_created 1.7e9
"""
"""Creation times as client libraries expose them; with the metrics above they break no rule."""
OWN_CREATED = "# HELP shop_orders_created Placed today.\n# TYPE shop_orders_created "

LINES = {
    "a stray line": (JOBS, JOBS + "2026-11-24 INFO ready\n", "parsable"),
    "a quote that never closes": ('"mail"} 4', '"mail} 4', "parsable"),
    "no value": (JOBS, 'shop_jobs{queue="mail"}\n', "parsable"),
    "an exemplar": (JOBS, 'shop_jobs{queue="mail"} 4 # {trace_id="x"} 1\n', "parsable"),
    "a backslash": ('"mail"', '"ma\\il"', "escapes"),
    "a word as value": ('"mail"} 4', '"mail"} four', "numbers"),
    "a unit after the value": ('"mail"} 4', '"mail"} 4 jobs', "text-timestamps"),
    "a password": ('"mail"', '"amqp://app:hunter2@mq/mail"', "no-secrets"),
    "seconds as timestamp": ('"mail"} 4', '"mail"} 4 1700000000.5', "text-timestamps"),
    "a timestamp in seconds": ('"mail"} 4', '"mail"} 4 1700000000', "text-timestamps-in-milliseconds"),
    "a timestamp": ('"mail"} 4', '"mail"} 4 1700000000500', "no-exposed-timestamps"),
    "a bad byte": ('"mail"', '"m\udce9l"', "utf-8"),
    "carriage returns": ("\n", "\r\n", "line-feeds-only"),
    "no line feed at the end": (BUILD, BUILD.rstrip(), "text-final-line-feed"),
    "a byte order mark": ("# HELP shop_orders_total", "\ufeff# HELP shop_orders_total", "no-byte-order-mark"),
    "a dot in a label": ("queue=", "http.queue=", "label-names"),
    "a dot in a name within braces": (JOBS, "{shop.jobs} 4\n", "parsable"),
    "nothing": (SOUND, "", "not-empty"),
    "no help": (HELP, "", "help-text"),
    "a counter named like a creation time": (
        BUILD, BUILD + OWN_CREATED + "counter\nshop_orders_created 5\n", "counter-total-suffix",
    ),
    "creation times of no series": (
        BUILD, BUILD + OWN_CREATED + 'gauge\nshop_orders_created{x=""} 5\nshop_orders_created 5\n', "no-empty-labels",
    ),
    "a type without a blank after the hash": (TYPE, TYPE.replace("# ", "#"), "metadata-syntax"),
    "a help without a blank after the hash": (HELP, HELP.replace("# ", "#"), "metadata-syntax"),
    "a help that says nothing": (HELP, "# HELP shop_jobs Shop jobs.\n", "help-adds-to-the-name"),
    "a backslash in the help": (HELP, "# HELP shop_jobs Jobs \\d.\n", "escapes"),
    "a histogram's metadata with a slip in its name": (
        "# HELP shop_order_seconds Time from click to confirmation.\n" + HISTOGRAM,
        "# HELP shop_order_secnds Time from click to confirmation.\n" + HISTOGRAM.replace("seconds", "secnds"),
        "metadata-syntax",
    ),
    "a counter's metadata with a slip in its name": (
        ORDERS,
        ORDERS.replace("shop_orders", "shop_odrers"),
        "metadata-syntax",
    ),
    "a help for another name": (HELP, "# HELP shop_job Jobs that wait.\n", "help-text"),
    "no type": (TYPE, "", "type-declared"),
    "an unknown type": (TYPE, "# TYPE shop_jobs Gauge\n", "known-type"),
    "half a type line": (TYPE, "# TYPE shop_jobs\n", "metadata-syntax"),
    "a type line whose quote never closes": (TYPE, '# TYPE "shop_jobs gauge\n', "metadata-syntax"),
    "a type line with a quote at the end of the name": (TYPE, '# TYPE shop_jobs" gauge\n', "metric-names"),
    "a help line whose quote never closes": (HELP, HELP.replace(" shop", ' "shop'), "metadata-syntax"),
    "a help line without a name": (HELP, "# HELP\n", "metadata-syntax"),
    "a type line without the name": (TYPE, "# TYPE gauge\n", "metadata-syntax"),
    "a type line with a misspelt name": (TYPE, "# TYPE shop_jbos gauge\n", "metadata-syntax"),
    "a type twice": (TYPE, TYPE + TYPE, "metadata-once"),
    "a type too late": (TYPE + JOBS, JOBS + TYPE, "metadata-before-samples"),
    "a type line of OpenMetrics": (ORDERS, ORDERS.replace("_total", ""), "text-sample-names"),
    "one type line of OpenMetrics": ("# TYPE shop_orders_total", "# TYPE shop_orders", "text-sample-names"),
    "a histogram as a gauge": (HISTOGRAM, HISTOGRAM.replace("histogram", "gauge"), "text-sample-names"),
    "a histogram as a summary": (HISTOGRAM, HISTOGRAM.replace("histogram", "summary"), "text-sample-names"),
    "a histogram without type": (HISTOGRAM, "", "type-declared"),
    "a gauge as a histogram": (TYPE, "# TYPE shop_jobs histogram\n", "histogram-samples"),
    "a line of another metric": (BUILD, 'shop_jobs{queue="x"} 1\n' + BUILD, "families-contiguous"),
    "a series twice": (JOBS, JOBS + JOBS, "duplicate-series"),
    "a series twice but for nothing": (
        JOBS, JOBS + 'shop_jobs{queue="mail",host=""} 4\n', "no-empty-labels",
    ),
    "a counter below 0": ('"app"} 3', '"app"} -3', "counter-values"),
    "a counter of NaN": ('"app"} 3', '"app"} NaN', "text-counters-not-nan"),
    "an info of 7": (BUILD, BUILD.replace("} 1", "} 7"), "info-value-is-one"),
    "no version": ("version=", "branch=", "build-info-exposed"),
}  # fmt: skip  # one line per defect

NAMES = {
    "a hyphen": ("shop_jobs", "shop-jobs", "metric-names"),
    "a hyphen in a label": ("queue=", "queue-name=", "label-names"),
    "a label twice": ('"mail"', '"mail",queue="x"', "label-names-unique"),
    "a colon": ("shop_jobs", "shop:jobs", "no-colons"),
    "camel case": ("shop_jobs", "shopJobs", "snake-case"),
    "camel case in a label": ("queue=", "queueName=", "snake-case"),
    "no prefix": ("shop_jobs", "jobs", "application-prefix"),
    "a gauge named as a counter": ("shop_jobs", "shop_jobs_total", "counter-total-suffix"),
    "a counter named as a gauge": ("shop_orders_total", "shop_orders", "counter-total-suffix"),
    "a total amid a counter": ("shop_orders_total", "shop_total_orders", "counter-total-suffix"),
    "a start in milliseconds": (
        JOBS,
        JOBS
        + (
            "# HELP shop_start_time_seconds When it was started.\n# TYPE shop_start_time_seconds gauge\n"
            "shop_start_time_seconds 1790000000123\n"
        ),
        "values-in-seconds",
    ),
    "a name of a part": ("shop_jobs", "shop_jobs_count", "reserved-suffixes"),
    "a label of a part": ("queue=", "le=", "reserved-suffixes"),
    "the type in the name": ("shop_jobs", "shop_jobs_gauge", "type-in-name"),
    "a percentage": ("shop_jobs", "shop_jobs_percent", "ratio-not-percent"),
    "a percentile": ("shop_jobs", "shop_p99_jobs", "no-precomputed-statistics"),
    "an age": ("shop_jobs", "shop_age_seconds", "timestamps-not-time-since"),
    "an abbreviation": ("shop_jobs", "shop_wait_ms", "unit-abbreviations"),
    "milliseconds": ("shop_order_seconds", "shop_order_milliseconds", "base-units"),
    "a unit amid the name": ("shop_jobs", "shop_seconds_wait", "unit-at-the-end"),
    "a label in the name": ("shop_jobs", "shop_jobs_by_queue", "no-label-name-in-metric-name"),
    "a prefix of others": ("shop_jobs", "scrape_jobs", "reserved-prefixes"),
    "a label called type": ("queue=", "type=", "label-type-avoided"),
    "a label of the target": ("queue=", "env=", "target-labels-avoided"),
    "the job as a label": ("queue=", "job=", "reserved-labels"),
    "two underscores": ("queue=", "__queue=", "reserved-labels"),
    "a success label": ('queue="mail"', 'success="true"', "no-success-label"),
    "a user's id": ('queue="mail"', 'user_id="123e4567-e89b-12d3-a456-426614174000"', "label-named-after-an-id"),
    "an id under another name": ('"mail"', '"123e4567-e89b-12d3-a456-426614174000"', "label-looks-like-an-id"),
    "a total among parts": (JOBS, JOBS + 'shop_jobs{queue="all"} 4\n', "no-total-label-value"),
    "a total without label": (JOBS, JOBS + "shop_jobs 4\n", "no-unlabelled-total"),
}

PARTS = {
    "no infinite bucket": ('shop_order_seconds_bucket{channel="web",le="+Inf"} 120\n', "", "histogram-inf-bucket"),
    "another label than le": (',le="', ',bound="', "histogram-samples"),
    "inf": ('"+Inf"', '"Inf"', "infinity-spelling"),
    "a word as bound": (',le="1"', ',le="one"', "le-number"),
    "a word as infinite bound": ('"+Inf"', '"inf."', "le-number"),
    "a bound twice": (',le="0.5"', ',le="0.1"', "duplicate-series"),
    "a bound in two spellings": (',le="0.5"', ',le="0.10"', "le-unique"),
    "bounds in disorder": (',le="0.5"', ',le="0.05"', "le-sorted"),
    "two bounds": (',le="0.5"', ',le="0.5",le="0.6"', "label-names-unique"),
    "a bound on the sum": ('_sum{channel="web"', '_sum{channel="web",le="1"', "le-label"),
    "a label on the buckets only": ('channel="web",le=', 'channel="web",x="1",le=', "histogram-inf-bucket"),
    "buckets that fall": ('"1"} 110', '"1"} 50', "histogram-buckets-cumulative"),
    "an infinite bucket that falls": ('"+Inf"} 120', '"+Inf"} 100', "histogram-buckets-cumulative"),
    "a bucket below 0": ('"1"} 110', '"1"} -1', "histogram-values"),
    "an infinite bucket of NaN": ('"+Inf"} 120', '"+Inf"} NaN', "histogram-values"),
    "another count": ('_count{channel="web"} 120', '_count{channel="web"} 121', "histogram-count"),
    "a count of NaN": ('_count{channel="web"} 120', '_count{channel="web"} NaN', "histogram-values"),
    "a count below 0": ('_count{channel="web"} 120', '_count{channel="web"} -1', "histogram-values"),
    "no count": ('shop_order_seconds_count{channel="web"} 120\n', "", "histogram-count"),
    "percent as quantile": ('quantile="0.9"', 'quantile="90"', "text-quantiles-up-to-one"),
    "a word as quantile": ('quantile="0.9"', 'quantile="p90"', "summary-quantiles"),
    "another label than quantile": ('quantile="0.9"', 'q="0.9"', "summary-quantiles"),
    "quantiles in disorder": ('quantile="0.9"', 'quantile="0.1"', "text-quantiles-sorted"),
    "a quantile on the sum": ("parse_seconds_sum", 'parse_seconds_sum{quantile="1"}', "summary-quantile-label"),
}  # fmt: skip  # one line per defect

DEFECTS = {**LINES, **NAMES, **PARTS}

"""Typical defects of an exposition in OpenMetrics, each with the rule that reports it."""

HEAD = "Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\n\n"
SOUND = (
    HEAD
    + """\
# HELP shop_orders Orders placed by customers.
# TYPE shop_orders counter
shop_orders_total{channel="web"} 12 # {trace_id="4bf92f35"} 1 1700000000.5
shop_orders_created{channel="web"} 1700000000.5
shop_orders_total{channel="app"} 3
shop_orders_created{channel="app"} 1700000000.5
# HELP shop_jobs Jobs that wait for a worker.
# TYPE shop_jobs gauge
shop_jobs{queue="mail"} 4
# HELP shop_order_seconds Time from click to confirmation.
# TYPE shop_order_seconds histogram
# UNIT shop_order_seconds seconds
shop_order_seconds_bucket{channel="web",le="0.1"} 70 # {trace_id="4bf92f35"} 0.05
shop_order_seconds_bucket{channel="web",le="0.5"} 90
shop_order_seconds_bucket{channel="web",le="1.0"} 110
shop_order_seconds_bucket{channel="web",le="+Inf"} 120
shop_order_seconds_sum{channel="web"} 35
shop_order_seconds_count{channel="web"} 120
# HELP shop_batch_bytes Bytes of the waiting orders.
# TYPE shop_batch_bytes gaugehistogram
# UNIT shop_batch_bytes bytes
shop_batch_bytes_bucket{le="100.0"} 1
shop_batch_bytes_bucket{le="+Inf"} 3
shop_batch_bytes_gcount 3
shop_batch_bytes_gsum 2500
# HELP shop_parse_seconds Time to read an order.
# TYPE shop_parse_seconds summary
shop_parse_seconds{quantile="0.5"} 0.2
shop_parse_seconds{quantile="0.9"} 0.4
shop_parse_seconds_sum 3
shop_parse_seconds_count 12
# HELP shop_build Version that runs.
# TYPE shop_build info
shop_build_info{version="1.2.3"} 1
# HELP shop_state Whether customers can buy now.
# TYPE shop_state stateset
shop_state{shop_state="open"} 1
shop_state{shop_state="closed"} 0
# EOF
"""
)
JOBS = 'shop_jobs{queue="mail"} 4\n'
TYPE, ORDERS, STATE = "# TYPE shop_jobs gauge\n", "# TYPE shop_orders counter\n", "# TYPE shop_state stateset\n"
EXEMPLAR = '# {trace_id="4bf92f35"} 1 1700000000.5'
METADATA = "# HELP shop_orders Orders placed by customers.\n" + ORDERS
WEB_CREATED = 'shop_orders_created{channel="web"} 1700000000.5\n'
APP = 'shop_orders_total{channel="app"} 3\n'

LINES = {
    "a misspelt end": ("# EOF", "#EOF", "openmetrics-eof"),
    "no end": ("# EOF\n", "", "openmetrics-eof"),
    "nothing": (SOUND, "# EOF\n", "openmetrics-not-empty"),
    "a line after the end": ("# EOF\n", "# EOF\n\n", "openmetrics-eof"),
    "another version": ("version=1.0.0", "version=0.0.2", "openmetrics-content-type"),
    "a blank line": (METADATA, "\n" + METADATA, "openmetrics-no-blank-lines"),
    "a comment": (METADATA, "# Orders\n" + METADATA, "openmetrics-no-comments"),
    "two blanks in metadata": ("# TYPE shop_jobs", "# TYPE  shop_jobs", "metadata-syntax"),
    "no blank in metadata": ("# TYPE shop_jobs", "#TYPE shop_jobs", "metadata-syntax"),
    "a help without text": ("# HELP shop_jobs Jobs that wait for a worker.", "# HELP shop_jobs", "metadata-syntax"),
    "a backslash at the end of the help": ("for a worker.", "for a worker\\", "escapes"),
    "the text format's type": (TYPE, "# TYPE shop_jobs untyped\n", "known-type"),
    "a unit that the name lacks": (TYPE, TYPE + "# UNIT shop_jobs seconds\n", "openmetrics-unit-suffix"),
    "a unit of a stateset": (STATE, STATE + "# UNIT shop_state state\n", "openmetrics-no-unit"),
    "two blanks in a sample": ('"mail"} 4', '"mail"}  4', "parsable"),
    "a hexadecimal number": ('"mail"} 4', '"mail"} 0x4', "numbers"),
    "milliseconds as timestamp": ('"mail"} 4', '"mail"} 4 1700000000500', "openmetrics-timestamps-in-seconds"),
    "an underscore": ("shop_jobs", "_shop_jobs", "openmetrics-leading-underscore"),
    "an underscore in a label": ("queue=", "_queue=", "openmetrics-leading-underscore"),
    "a family again": ("# EOF\n", METADATA + 'shop_orders_total{x="1"} 1\n# EOF\n', "openmetrics-family-names-unique"),
    "two families of one sample": (
        "shop_jobs", "shop_orders_created", "openmetrics-suffix-clash",
    ),
    "an exemplar without braces": (EXEMPLAR, "# 1", "openmetrics-exemplar-syntax"),
    "a long exemplar": (EXEMPLAR, '# {trace_id="' + "x" * 200 + '"} 1', "openmetrics-exemplar-length"),
    "an exemplar with a label twice": (EXEMPLAR, '# {a="a",a="b"} 1', "label-names-unique"),
    "an exemplar of a gauge": ('"mail"} 4', '"mail"} 4 # {} 1', "openmetrics-exemplar-place"),
    "an exemplar of another bucket": ("0.05\n", "0.4\n", "openmetrics-exemplar-in-bucket"),
    "interleaved metrics": (WEB_CREATED + APP, APP + WEB_CREATED, "openmetrics-metrics-contiguous"),
}  # fmt: skip  # one line per defect

TYPES = {
    "a type line of the text format": (
        METADATA, METADATA.replace("orders ", "orders_total "), "openmetrics-counter-samples",
    ),
    "a gauge as a counter": (TYPE, "# TYPE shop_jobs counter\n", "openmetrics-counter-samples"),
    "a gauge as an info": (TYPE, "# TYPE shop_jobs info\n", "openmetrics-info-samples"),
    "a gauge as a stateset": (TYPE, "# TYPE shop_jobs stateset\n", "openmetrics-stateset-label"),
    "a gauge as a summary": (TYPE, "# TYPE shop_jobs summary\n", "summary-quantiles"),
    "a counter as a gauge": (ORDERS, "# TYPE shop_orders gauge\n", "openmetrics-plain-samples"),
    "a counter as a summary": (ORDERS, "# TYPE shop_orders summary\n", "openmetrics-summary-samples"),
    "a counter below 0": ('"app"} 3', '"app"} -3', "counter-values"),
    "an info of 0": ('"1.2.3"} 1', '"1.2.3"} 0', "openmetrics-info-value"),
    "a state of 2": ('"open"} 1', '"open"} 2', "openmetrics-stateset-values"),
    "a state under another label": ('{shop_state="open"', '{state="open"', "openmetrics-stateset-label"),
    "a sum below 0": ('_sum{channel="web"} 35', '_sum{channel="web"} -35', "openmetrics-histogram-sum"),
    "no sum": ('shop_order_seconds_sum{channel="web"} 35\n', "", "openmetrics-histogram-count-iff-sum"),
    "half an observation": ('"1.0"} 110', '"1.0"} 110.5', "openmetrics-histogram-integers"),
    "a bound below 0": ('"0.1"} 70 # {trace_id="4bf92f35"} 0.05', '"-0.1"} 70', "openmetrics-negative-buckets"),
    "an integer as bound": ('le="1.0"', 'le="1"', "openmetrics-canonical-bounds"),
    "a bound of NaN": ('le="1.0"', 'le="NaN"', "le-number"),
    "half a count": ('_count{channel="web"} 120', '_count{channel="web"} 120.5', "openmetrics-histogram-integers"),
    "half in the bucket of all": ('"+Inf"} 120', '"+Inf"} 120.5', "openmetrics-histogram-integers"),
    "another gcount": ("gcount 3", "gcount 4", "histogram-count"),
    "a count as of a histogram": ("gcount 3", "count 3", "histogram-samples"),
    "a gsum of NaN": ("gsum 2500", "gsum NaN", "openmetrics-histogram-sum"),
    "a quantile above 1": ('quantile="0.9"', 'quantile="1.9"', "summary-quantiles"),
    "a quantile of a negative value": ('"0.9"} 0.4', '"0.9"} -0.4', "openmetrics-quantile-values"),
    "quantiles of nothing": ("parse_seconds_count 12", "parse_seconds_count 0", "openmetrics-quantile-values"),
    "half an event": ("parse_seconds_count 12", "parse_seconds_count 1.5", "openmetrics-summary-values"),
}  # fmt: skip  # one line per defect

DEFECTS = {**LINES, **TYPES}

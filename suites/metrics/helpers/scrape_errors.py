"""What to do about a failed scrape, by what Prometheus reports of it (`lastError`).

The texts are those of Prometheus 3 and Go's HTTP client; `tests/data/scrape_errors.yaml` has them as they came.
"""

import re

IN_THE_ANSWER = (
    (
        "is not unique: invalid sample",
        "expose each label name once in a series",
    ),
    (
        "(?:unsupported|blank|parse) Content-Type",
        "send the Content-Type of the format, or set `fallback_scrape_protocol` of the job",
    ),
    (
        "gzip: ",
        "compress the body once and to its end, or set `enable_compression: false` in the job",
    ),
    (
        (
            "while parsing|ParseFloat|invalid metric type|# EOF|^expected |not a valid utf8|^unit |^proto: |"
            "^clientpb: |unsupported character"
        ),
        (
            "what Prometheus is answered is not what this machine is: compare both, with the `Accept` that "
            "Prometheus sends"
        ),
    ),
)
"""Patterns of errors that come of reading what the service answered, with hints."""
ON_THE_WAY = (
    (
        "proxyconnect",
        "check the job's `proxy_url`: Prometheus cannot connect to that proxy",
    ),
    (
        "unable to (?:read|get) .*(?:credentials|password|token|secret)|unable to read file",
        "check the job's credentials: the file that it names is not there for Prometheus, or may not be read by it",
    ),
    (
        "oauth2: |: Post ",
        "check the job's `oauth2`: its token server cannot be reached or gives no token",
    ),
    (
        "no such host|server misbehaving|Temporary failure in name resolution|invalid port",
        "use a name that Prometheus can resolve: in its container or cluster others hold than on this machine",
    ),
    (
        "connection refused",
        (
            "let the service listen on an address that Prometheus reaches: this machine does reach it, but "
            "`localhost` is another one inside a container, and a service that listens on 127.0.0.1 alone is "
            "closed to others"
        ),
    ),
    (
        "no route to host|network is unreachable|i/o timeout|connection timed out",
        "open the way from Prometheus to the service: firewall, network policy, or another network than this machine's",
    ),
    (
        "unknown authority|certificate is not trusted",
        "name the authority that signed the service's certificate in the job's `tls_config.ca_file`",
    ),
    (
        "has expired or is not yet valid",
        "renew the service's certificate, and compare the clocks",
    ),
    (
        "certificate is valid for|IP SANs|not valid for any names",
        "scrape the service by a name in its certificate, or say which one in the job's `tls_config.server_name`",
    ),
    (
        "certificate required|bad certificate|handshake failure",
        "the service requires a client certificate: name one in the job's `tls_config` (`cert_file`, `key_file`)",
    ),
    (
        "protocol version not supported|unsupported protocol version",
        "let the service offer TLS 1.2 or later, or lower `tls_config.min_version` of the job",
    ),
    (
        "HTTP response to HTTPS client|does not look like a TLS handshake",
        "set the job's `scheme` to `http`: what answers does not speak TLS",
    ),
    (
        r'malformed HTTP response "\\x15\\x03',
        "set the job's `scheme` to `https`",
    ),
    (
        "status 401",
        "give the job the service's credentials (`authorization` or `basic_auth`), or exempt the metrics endpoint",
    ),
    (
        "status 403",
        "allow Prometheus' address or account to read the metrics endpoint",
    ),
    (
        "status 404",
        "correct the job's `metrics_path` and `params`: this path is not the service's",
    ),
    (
        "status 407",
        "give the proxy of `proxy_url` the credentials that it requires",
    ),
    (
        "status 429",
        "exempt the metrics endpoint from rate limits",
    ),
    (
        "status 3[0-9][0-9]|stopped after 10 redirects|unsupported protocol scheme",
        "scrape the address that the service redirects to, or set `follow_redirects` of the job",
    ),
    (
        "status [0-9]{3}",
        "read the service's log for what it answers Prometheus, and not this machine",
    ),
    (
        "context deadline exceeded|Client.Timeout",
        (
            "compare the job's `scrape_timeout` with how long a scrape takes; where this machine is much "
            "faster, the way from Prometheus to the service drops packets or is slow"
        ),
    ),
    (
        "body size limit",
        "expose less, or raise `body_size_limit` of the job",
    ),
    (
        "sample limit",
        "expose fewer series, or raise `sample_limit` of the job",
    ),
    (
        "target_limit",
        "reduce the targets that discovery finds, or raise `target_limit` of the job",
    ),
    (
        "bucket limit|bucket_limit",
        "reduce the buckets, or raise the job's bucket limit",
    ),
    (
        "label_limit|label_name_length_limit|label_value_length_limit",
        "shorten what the message names, or raise that limit of the job; stack traces and queries belong into the log",
    ),
    (
        "missing metric name|invalid metric name or label names",
        "check the job's `metric_relabel_configs`: they leave a series without a valid name",
    ),
    (
        "EOF|connection reset|broken pipe|transport connection broken|chunk|malformed HTTP",
        (
            "check what is between Prometheus and the service, such as a proxy or a mesh that closes the "
            "connection, and the service's log at that moment"
        ),
    ),
)
"""Patterns of all other errors, with hints; the first that matches counts."""
UNKNOWN = "read Prometheus' log, and compare how it scrapes (network, credentials, limits) with how this machine does"


def hint_for(error: str) -> str:
    """What to do about a failed scrape, by Prometheus' text."""
    return next((hint for text, hint in (*IN_THE_ANSWER, *ON_THE_WAY) if re.search(text, error)), UNKNOWN)


def by_the_answer(error: str) -> bool:
    """Whether the scrape failed for what the service answered; also where the text does not say it."""
    return any(re.search(text, error) for text, _ in IN_THE_ANSWER) or hint_for(error) is UNKNOWN

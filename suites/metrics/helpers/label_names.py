"""Label names with a meaning: those of ids, those of the target, those that Prometheus reserves."""

ID_NAMES = frozenset(
    {
        *("request_id", "correlation_id", "trace_id", "span_id", "session_id", "transaction_id", "message_id"),
        *("user_id", "customer_id", "account_id", "order_id", "user_email", "email", "uuid", "guid", "token"),
        *("client_ip", "remote_ip", "remote_addr", "client_addr", "user_agent", "timestamp"),
    }
)
"""Labels with a value per request or per user."""

DEVICES = ("uuid", "guid")
"""Of these, what devices and volumes are called by as well."""

TARGET_LABELS = frozenset(
    {
        *("region", "zone", "cluster", "availability_zone", "az", "datacenter", "dc"),
        *("owner", "customer", "stage", "service", "environment", "env"),
    }
)
"""What the exporter guide names as likely labels of the target ("Labels")."""

RESERVED = ("job", "instance")
"""What Prometheus attaches to every series."""


def is_id(label: str) -> bool:
    """The label is named after an id, in any case."""
    return label.lower() in ID_NAMES


def is_targets(label: str) -> bool:
    """The label describes the target, or comes from it."""
    return label in TARGET_LABELS or label in RESERVED

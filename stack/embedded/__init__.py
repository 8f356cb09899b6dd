"""In-process stand-ins for Promtail and Loki, for machines that have neither: small, honest, never the real thing.

They read the same configuration files as the real servers and raise `NotSimulated` on whatever they do not know.
`tests/fidelity/` holds them to the real servers on the same lines and the same configuration.
"""

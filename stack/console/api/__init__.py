"""The console's HTTP API, one file per subject."""

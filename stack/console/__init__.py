"""The console: one address and one sign-in for logs, metrics, containers and alerts of the stack."""

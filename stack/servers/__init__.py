"""Real servers built from their pinned Go modules: `python -m stack.servers`, which `make servers` calls.

One folder per server holds a `go.mod` whose `tool` directive names the server's own command, and the `go.sum` that
fixes every byte it is built from. See `pins` for the table, `gobuild` for the cached build, `toolchain` for Go.
"""

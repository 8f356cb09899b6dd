"""The SSH terminal: named hosts, sessions that are recorded, and everything that ends them."""

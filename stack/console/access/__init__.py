"""Who may do what: accounts, sessions, tokens, roles, and what is asked of every request."""

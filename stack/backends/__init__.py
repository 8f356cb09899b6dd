"""How the stack is run: by containers, as processes of this machine, or attached to one that runs elsewhere."""

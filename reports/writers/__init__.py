"""One module per format; each turns the report dictionary into text and touches no file."""

"""The face of ptnote: commands that read arguments, call `kb`, and show what comes back."""

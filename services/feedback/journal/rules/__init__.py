"""The journal's rules: entries, their Merkle tree, signed checkpoints, and the file to verify."""

"""Key material: the vault that seals and derives, the keyring that signs, and other parties' keys."""

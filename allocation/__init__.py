"""From charges, rules and drivers to an allocated ledger with its proof."""

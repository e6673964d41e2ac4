"""What the kinds that read the bills of software services share. Pure but for the network."""

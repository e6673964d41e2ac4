"""What the bills of companies that sell the use of AI models have in common. Pure but for the network."""

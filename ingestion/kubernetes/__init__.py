"""What is known of the costs of Kubernetes clusters. Pure."""

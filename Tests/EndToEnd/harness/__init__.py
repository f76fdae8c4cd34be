"""What the end-to-end tests share: services, nodes, clients, and what is asked of them."""

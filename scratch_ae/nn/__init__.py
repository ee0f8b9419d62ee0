"""Neural networks from scratch: layers, activations, losses, optimizers, each with its gradient under it."""

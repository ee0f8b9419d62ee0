"""The network by hand: layers, activations, losses, initializers, optimizers. It knows nothing of autoencoders."""

"""What has parameters: a layer owns an array `W` and, of the same shape, its gradient `dW`."""

import numpy as np


class Layer:
    """For each name in `parameter_names`, "W" say, a layer owns the array `W`, and its backward writes `dW`.

    `layer.W = layer.W - 0.1 * layer.dW` is a step of gradient descent. What is assigned becomes the parameter, in the
    dtype it had (float32 stays float32, whatever the 0.1 was); ValueError if its shape is another.
    """

    parameter_names: tuple[str, ...] = ()

    def __setattr__(self, name: str, value: object) -> None:
        if name in self.parameter_names and name in vars(self):
            before = vars(self)[name]
            value = np.require(value, before.dtype, ["C", "W"])
            if value.shape != before.shape:
                raise ValueError(f"{name} has shape {before.shape}; an array of shape {value.shape} was assigned.")
        super().__setattr__(name, value)

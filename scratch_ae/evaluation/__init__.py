"""What a model is worth: numbers to hold it against."""

from scratch_ae.evaluation.pca import PCA
from scratch_ae.evaluation.reconstruction import squared_error

__all__ = ["PCA", "squared_error"]

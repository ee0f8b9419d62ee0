"""What a model is worth: numbers to hold it against."""

from scratch_ae.evaluation.classifier import SoftmaxClassifier
from scratch_ae.evaluation.neighbours import nearest
from scratch_ae.evaluation.pca import PCA
from scratch_ae.evaluation.reconstruction import squared_error

__all__ = ["PCA", "SoftmaxClassifier", "nearest", "squared_error"]

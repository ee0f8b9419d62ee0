"""Numerical proof that a gradient written by hand is right. It asks for parameters, gradients and a loss, and knows
no autoencoder."""

from scratch_ae.gradient_check.check import gradcheck
from scratch_ae.gradient_check.report import ArrayCheck, Cause, Report

__all__ = ["ArrayCheck", "Cause", "Report", "gradcheck"]

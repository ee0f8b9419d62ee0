"""What happened in training, epoch by epoch."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Mapping

from scratch_ae.files import csv_encoding, whole_file


class History(Mapping[str, list[float]]):
    """Columns by name, one value an epoch.

    "epoch" counts from 1. "loss" and every term of it by its own name are means over the epoch's examples as they
    were trained on, in nats per example (½ squared error for the Gaussian likelihood); with "validation_" before
    the name, the same after the epoch on the validation data. "learning_rate" is the last step's, "seconds" the
    epoch's, validation apart, and "images_per_second" its rate.
    """

    def __init__(self) -> None:
        self._columns: dict[str, list[float]] = {}

    def append(self, row: Mapping[str, float]) -> None:
        """Adds an epoch; KeyError if its names are not those of the epochs before."""
        if self._columns and row.keys() != self._columns.keys():
            raise KeyError(f"An epoch has the columns {list(row)}, but the earlier ones {list(self._columns)}.")
        for name, value in row.items():
            self._columns.setdefault(name, []).append(value)

    def row(self, epoch: int) -> dict[str, float]:
        """One epoch by its index, which may be negative: row(-1) is the last."""
        return {name: column[epoch] for name, column in self._columns.items()}

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Writes a header and a line an epoch, in UTF-8, marked as such for Excel where a name is not ASCII."""
        with whole_file(path, "w", csv_encoding("".join(self))) as file:
            writer = csv.writer(file)
            writer.writerow(self._columns)
            writer.writerows(zip(*self._columns.values(), strict=True))

    def __getitem__(self, name: str) -> list[float]:
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def __repr__(self) -> str:
        epochs = len(next(iter(self._columns.values()), []))
        last = ", ".join(f"{name} {value:.5g}" for name, value in self.row(-1).items()) if epochs else "empty"
        return f"History({epochs} epochs; last: {last})"

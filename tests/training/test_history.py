"""The history of a training: a mapping of columns, and a CSV file that any program reads."""

import csv

import pytest

from scratch_ae import History

ROWS = [{"epoch": 1, "loss": 0.1 + 0.2, "kl": 1e-300}, {"epoch": 2, "loss": 1 / 3, "kl": -2.5}]


@pytest.fixture
def history():
    history = History()
    for row in ROWS:
        history.append(row)
    return history


def test_a_history_is_a_mapping_of_columns_in_the_order_they_came_in(history):
    assert list(history) == ["epoch", "loss", "kl"]
    assert len(history) == 3
    assert "loss" in history
    assert "validation_loss" not in history
    assert dict(history.items()) == {"epoch": [1, 2], "loss": [0.1 + 0.2, 1 / 3], "kl": [1e-300, -2.5]}


def test_a_column_that_is_not_there_is_a_key_error(history):
    with pytest.raises(KeyError):
        history["validation_loss"]


@pytest.mark.parametrize("epoch", [0, 1, -1, -2])
def test_a_row_is_an_epoch(history, epoch):
    assert history.row(epoch) == ROWS[epoch]


@pytest.mark.parametrize("columns", [["epoch", "loss"], ["epoch", "loss", "kl", "more"], ["epoch", "loss", "KL"]])
def test_a_row_of_other_columns_is_refused_and_nothing_of_it_kept(history, columns):
    with pytest.raises(KeyError, match=r"epoch"):
        history.append(dict.fromkeys(columns, 3.0))
    assert [len(column) for column in history.values()] == [2, 2, 2]


def test_a_row_in_another_order_goes_into_the_right_columns(history):
    history.append({"kl": 5.0, "loss": 4.0, "epoch": 3})
    assert history.row(-1) == {"epoch": 3, "loss": 4.0, "kl": 5.0}


def test_a_csv_file_reads_back_to_the_last_bit(history, tmp_path):
    history.to_csv(tmp_path / "history.csv")
    with open(tmp_path / "history.csv", newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert header == ["epoch", "loss", "kl"]
    assert [[float(value) for value in row] for row in rows] == [list(row.values()) for row in ROWS]


def test_an_empty_history_can_be_written_and_shown(tmp_path):
    History().to_csv(tmp_path / "history.csv")
    assert (tmp_path / "history.csv").read_text().strip() == ""
    assert repr(History()) == "History(0 epochs; last: empty)"


def test_a_folder_that_is_not_there_is_made(history, tmp_path):
    history.to_csv(tmp_path / "new" / "folder" / "history.csv")
    assert (tmp_path / "new" / "folder" / "history.csv").exists()


def test_a_failing_write_leaves_the_old_file_and_nothing_else(history, tmp_path, monkeypatch):
    class FullDisk:
        def __init__(self, file):
            self.file = file

        def writerow(self, row):
            self.file.write("epo")

        def writerows(self, rows):
            raise OSError("no space left on device")

    path = tmp_path / "history.csv"
    path.write_text("old")
    monkeypatch.setattr(csv, "writer", FullDisk)
    with pytest.raises(OSError, match=r"no space left"):
        history.to_csv(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_repr_tells_how_many_epochs_there_are_and_the_last_of_them(history):
    assert repr(history) == "History(2 epochs; last: epoch 2, loss 0.33333, kl -2.5)"

"""Data as they arrive: files, frames and dicts to columns that remember where they are from."""

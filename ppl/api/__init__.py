"""load, model, bind, fit, open_fit: the phases in a row, and the objects that they give back."""

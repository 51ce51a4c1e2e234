"""Decisions on proposals: drafted, signed by the decision maker, published with a report."""

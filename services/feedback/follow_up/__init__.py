"""Follow-up of published decisions: dated, public steps."""

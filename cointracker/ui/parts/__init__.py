"""Parts that pages of any feature draw."""

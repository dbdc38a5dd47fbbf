"""The panel of the Weights page: sliders whose every movement reorders the ranking beside them."""

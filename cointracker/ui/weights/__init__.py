"""The panel of the weights page: sliders whose every movement reorders the ranking beside them."""

"""Where figures come from: one module a provider, all behind the Protocols in `base`."""

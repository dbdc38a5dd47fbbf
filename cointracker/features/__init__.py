"""What the product does, one folder a subject; `feature.py` in each declares all that it brings."""

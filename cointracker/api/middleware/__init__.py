"""What every request passes before a route: headers, address, who asks, bounds."""

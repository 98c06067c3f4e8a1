"""The exact method where candidates cannot be listed: they are priced, as the method needs them."""

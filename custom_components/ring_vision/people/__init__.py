"""The people that the owner names, and the past that is read again for them."""

"""The dialogs: signing in, and what the owner can choose."""

"""The actions, topic by topic; `services` registers them."""

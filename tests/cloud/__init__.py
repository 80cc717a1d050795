"""Tests of the loopback Ring cloud: its answers are what Ring's would be."""

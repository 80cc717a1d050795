"""Tests of Ring Vision."""

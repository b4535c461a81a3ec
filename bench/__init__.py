"""The benchmark: starts servers on one core, drives them from another, and prints what an answer costs."""

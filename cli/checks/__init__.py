"""What `tocsin doctor` looks at: one module for each thing that Tocsin needs.

Each has a function `examine`, which yields findings and raises nothing for a fault that it looks for.
"""

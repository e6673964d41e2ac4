"""The runs that apply the rules: their progress, their proof, and what they changed."""

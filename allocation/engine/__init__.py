"""Classify, split, prove. Pure: no Django, no database."""

"""Many billing periods allocated again as one piece of work: started, followed, taken back."""

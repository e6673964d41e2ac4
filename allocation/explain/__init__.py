"""Why a figure is what it is: its parts, the rules and shares behind them, and the bill lines under it."""

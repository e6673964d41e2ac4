"""What invoice and usage files of any vendor mean, column by column. Pure."""

"""Purchase orders: entered by hand or from files, beside the invoices that name them."""

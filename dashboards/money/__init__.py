"""Money and wear: bills, charging bought at home and away, batteries."""

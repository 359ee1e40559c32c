"""The demo studio: Massage Escape, as a front desk would have left it after ninety days."""

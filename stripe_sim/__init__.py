"""A stand-in for Stripe's API over HTTP, for the demo and for tests; it shares no code with the application."""

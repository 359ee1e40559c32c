"""How fast Footfall is, beside what a machine can do at all; each bench makes and removes all that it needs."""

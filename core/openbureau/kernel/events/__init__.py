"""Events: an outbox written with the business change, delivered by the worker."""

"""Background jobs (后台任务): a ledger in the business database; huey rings the bell."""

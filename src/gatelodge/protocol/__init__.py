"""What the RFCs say: pure functions over frozen values. No clock, no random numbers, no SQL, no `await`."""

"""The playground: which flow is needed, and every flow for real, message by message.

Its sample application is a client like any other: it reaches the server over HTTP and through the browser, and knows
nothing of its inside. What it remembers of a browser is in memory, bounded, and gone after half an hour.
"""

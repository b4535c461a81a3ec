"""Why a request was answered as it was: traces, what they mean, and the pages that show them."""

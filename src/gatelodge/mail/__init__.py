"""Letters: what people are told by mail, put in the transaction of its cause, written and sent afterwards."""

"""Machine to machine: the client credentials grant as the authentication of an HTTP client."""

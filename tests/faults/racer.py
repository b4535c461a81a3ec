"""A process that sends one request at an agreed moment: several of them race. Uses nothing but the standard library."""

import json
import socket
import sys
import time


def main() -> None:
    """For each line `{"at": seconds since 1970, "port": ..., "request": ...}` print the answer's status and body."""
    for line in sys.stdin:
        told = json.loads(line)
        with socket.create_connection(("127.0.0.1", told["port"]), timeout=30) as connection:
            while time.time() < told["at"]:
                pass
            connection.sendall(told["request"].encode())
            answer = b"".join(iter(lambda: connection.recv(65_536), b""))
        head, _, body = answer.decode().partition("\r\n\r\n")
        print(json.dumps({"status": int(head.split()[1]), "body": body}), flush=True)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Waits until a Kafka broker answers a metadata request with itself as a live broker and a controller.

Usage: kafka_answers.py HOST:PORT SECONDS [PID]
Speaks the wire protocol itself (Metadata v1), so that nothing has to be installed. With PID it gives up at once
when that process ends. Exit code 0: it answers; 1: not within SECONDS; 2: the process ended.
"""
import os
import socket
import struct
import sys
import time


def text(buffer, at):
    (length,) = struct.unpack_from(">h", buffer, at)
    at += 2
    return (None, at) if length < 0 else (buffer[at:at + length].decode(), at + length)


def read_exactly(connection, size):
    parts = b""
    while len(parts) < size:
        part = connection.recv(size - len(parts))
        if not part:
            raise OSError("connection closed by the broker")
        parts += part
    return parts


def metadata(host, port):
    """The (brokers, controller id) that the broker reports; brokers are listed only once they may serve."""
    client = b"readiness"
    request = struct.pack(">hhih", 3, 1, 1, len(client)) + client + struct.pack(">i", 0)
    with socket.create_connection((host, port), timeout=2) as connection:
        connection.settimeout(2)
        connection.sendall(struct.pack(">i", len(request)) + request)
        (size,) = struct.unpack(">i", read_exactly(connection, 4))
        if not 0 < size < 1 << 20:
            raise OSError(f"answer of {size} bytes is not Kafka's")
        answer = read_exactly(connection, size)
    (count,) = struct.unpack_from(">i", answer, 4)
    at, brokers = 8, []
    for _ in range(count):
        (node,) = struct.unpack_from(">i", answer, at)
        name, at = text(answer, at + 4)
        (its_port,) = struct.unpack_from(">i", answer, at)
        _rack, at = text(answer, at + 4)
        brokers.append((node, name, its_port))
    (controller,) = struct.unpack_from(">i", answer, at)
    return brokers, controller


def main():
    host, _, port = sys.argv[1].rpartition(":")
    seconds = float(sys.argv[2])
    pid = int(sys.argv[3]) if len(sys.argv) > 3 else None
    until, last = time.monotonic() + seconds, "nothing tried"
    while time.monotonic() < until:
        if pid is not None and not os.path.exists(f"/proc/{pid}"):
            return 2
        try:
            brokers, controller = metadata(host, int(port))
            if brokers and controller >= 0:
                return 0
            last = f"brokers {brokers}, controller {controller}"
        except (OSError, struct.error) as error:
            last = str(error)
        time.sleep(0.1)
    print(f"no live broker at {sys.argv[1]} within {seconds:.0f} s (last: {last})", file=sys.stderr)
    return 1


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main())

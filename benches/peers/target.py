"""An HTTP target on loopback that answers at once: the world outside of an action.

Prints its port and serves until its standard input closes.
"""

import selectors
import socket
import sys

ANSWER = b'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok'


def main():
    selector = selectors.DefaultSelector()
    listener = socket.create_server(('127.0.0.1', 0), backlog=512)
    print(listener.getsockname()[1], flush=True)
    selector.register(listener, selectors.EVENT_READ)
    selector.register(sys.stdin, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj is sys.stdin:
                return
            if key.fileobj is listener:
                connection, _ = listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(connection, selectors.EVENT_READ)
                continue
            answer(selector, key.fileobj)


def answer(selector, connection):
    try:
        request = connection.recv(65536)
        if request:
            connection.sendall(ANSWER)
            return
    except ConnectionError:
        pass
    selector.unregister(connection)
    connection.close()


if __name__ == '__main__':
    main()

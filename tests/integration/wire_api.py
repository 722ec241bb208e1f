# SPDX-License-Identifier: MIT
# wire_api.py FOLDER PORT - TLS on 203.0.113.5:443 in front of the sandbox's API, which
# listens on PORT.  FOLDER/wire has a line "METHOD PATH KIND [ARGUMENT]", with * in the
# first two: what becomes of the answers to such requests.  For what libmicrohttpd cannot
# send:
#
#   old               HTTP/1.0, and the end of the connection is the end of the answer
#   pack gzip|deflate|br   a content encoding (br: a wrong one)
#   early             three answers with 1xx before
#   trailers          chunks of one byte, and headers behind them
#   header NAME SIZE  a header so long
#   raw TEXT          no HTTP at all
#   half              the connection ends in the middle of the body
#   status N HEADER   another status, with a header
#   mark              a byte order mark before the body
#   change CODE       CODE is an expression of Python: x is the document
#   field KEY JSON    KEY has this value wherever it stands
import fnmatch, gzip, http.client, json, socket, ssl, sys, threading, zlib

folder, port = sys.argv[1], int(sys.argv[2])
upstream = ssl._create_unverified_context()


def kind_of(method, path):
    for line in open(folder + '/wire').read().splitlines():
        words = line.split(' ', 3) + ['']
        if fnmatch.fnmatch(method, words[0]) and fnmatch.fnmatch(path, words[1]):
            return words[2], words[3]
    return '', ''


def everywhere(x, key, value):
    if isinstance(x, dict):
        return {k: value if k == key else everywhere(v, key, value) for k, v in x.items()}
    return [everywhere(v, key, value) for v in x] if isinstance(x, list) else x


def numbers(x, kind):
    if isinstance(x, dict):
        return {k: numbers(v, kind) for k, v in x.items()}
    if isinstance(x, list):
        return [numbers(v, kind) for v in x]
    return kind(x) if isinstance(x, int) and not isinstance(x, bool) else x


def flags(x, kind):
    if isinstance(x, dict):
        return {k: flags(v, kind) for k, v in x.items()}
    if isinstance(x, list):
        return [flags(v, kind) for v in x]
    return kind(x) if isinstance(x, bool) else x


def head(status, length, *headers):
    lines = ['HTTP/1.1 %d X' % status, 'Content-Type: application/json']
    lines += ['Content-Length: %d' % length] if length is not None else []
    return '\r\n'.join(lines + list(headers) + ['', '']).encode()


# The bytes to send, and whether the connection ends then.
def answer(kind, argument, status, body):
    if kind == 'old':
        return head(status, None).replace(b'1.1', b'1.0', 1) + body, True
    if kind == 'pack':
        packed = {'gzip': gzip.compress, 'deflate': zlib.compress}.get(argument, bytes)(body)
        return head(status, len(packed), 'Content-Encoding: ' + argument) + packed, False
    if kind == 'early':
        first = b''.join(b'HTTP/1.1 %d X\r\nX-A: b\r\n\r\n' % n for n in (100, 102, 103))
        return first + head(status, len(body)) + body, False
    if kind == 'trailers':
        chunks = b''.join(b'1;a=b\r\n%c\r\n' % byte for byte in body)
        return (head(status, None, 'Transfer-Encoding: chunked', 'Trailer: X-T') + chunks +
                b'0\r\nX-T: 1\r\n\r\n'), False
    if kind == 'header':
        name, size = argument.split()
        return head(status, len(body), name + ': ' + 'a' * int(size)) + body, False
    if kind == 'raw':
        return argument.encode(), True
    if kind == 'half':
        return head(status, len(body)) + body[:len(body) // 2], True
    if kind == 'status':
        number, header = argument.split(' ', 1)
        return head(int(number), 2, header) + b'{}', False
    if kind == 'mark':
        body = b'\xef\xbb\xbf' + body
    elif kind == 'change':
        body = json.dumps(eval(argument, globals(), {'x': json.loads(body)})).encode()
    elif kind == 'field':
        key, value = argument.split(' ', 1)
        body = json.dumps(everywhere(json.loads(body), key, json.loads(value))).encode()
    return head(status, len(body)) + body, False


def serve(client):
    try:
        client = context.wrap_socket(client, server_side=True)
        stream = client.makefile('rb')
        over = False
        while not over:
            line = stream.readline()
            if not line:
                break
            method, path, _ = line.decode().split(' ')
            headers = http.client.parse_headers(stream)
            sent = stream.read(int(headers.get('Content-Length', 0)))
            api = http.client.HTTPSConnection('203.0.113.5', port, context=upstream)
            passed = ('Authorization', 'Accept', 'Content-Type')
            api.request(method, path, sent or None,
                        {k: v for k, v in headers.items() if k in passed})
            got = api.getresponse()
            bytes_, over = answer(*kind_of(method, path), got.status, got.read())
            client.sendall(bytes_)
        client.unwrap()
    except (OSError, ValueError):
        pass
    client.close()


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(folder + '/tls/crt', folder + '/tls/key')
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(('203.0.113.5', 443))
listener.listen(100)
open(folder + '/wire.ready', 'w').close()
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

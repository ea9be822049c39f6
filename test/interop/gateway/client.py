"""A v4.3 client, written from the text of the protocol's description alone.

Usage: client.py SCENARIO ENDPOINT. Exits with 0 when everything was as described; else says what was not.
"""

import hashlib
import hmac
import json
import re
import sys
import threading
import time
import uuid
from datetime import datetime, timedelta, timezone

import zmq

STAMP = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
CONTEXT = zmq.Context()


def now(offset=0.0):
    moment = datetime.now(timezone.utc) + timedelta(seconds=offset)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def signature(offset=0.0):
    moment = datetime.now(timezone.utc) + timedelta(seconds=offset)
    return "RISK_PASS:7a3f9e8b:" + moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def open_order(**more):
    order = {
        "uuid": str(uuid.uuid4()),
        "action": "OPEN",
        "symbol": "EURUSD",
        "type": "BUY",
        "volume": 0.01,
        "price": 0.0,
        "sl": 0.0,
        "tp": 0.0,
        "comment": "Strategy_v1",
        "risk_signature": signature(),
        "timestamp": now(),
    }
    order.update(more)
    return {name: value for name, value in order.items() if value is not ...}


def request(action, **more):
    return {"uuid": str(uuid.uuid4()), "action": action, "timestamp": now(), **more}


class Client:
    """A REQ socket with a time limit, as most users write it."""

    def __init__(self, endpoint, timeout_ms=8000):
        self.socket = CONTEXT.socket(zmq.REQ)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.RCVTIMEO, timeout_ms)
        self.socket.connect(endpoint)

    def ask(self, message):
        self.socket.send_json(message)
        return self.socket.recv_json()

    def ask_raw(self, data):
        if isinstance(data, list):
            self.socket.send_multipart(data)
        else:
            self.socket.send(data)
        reply = self.socket.recv_multipart()
        check(len(reply) == 1, "one part in the reply", reply)
        return json.loads(reply[0])

    def close(self):
        self.socket.close()


def check(condition, what, value):
    if not condition:
        raise AssertionError("%s: %r" % (what, value))


def shape(reply, members):
    """Exactly these members, in this order, of exactly these Python types."""
    check(list(reply) == [name for name, _ in members], "members", reply)
    for name, kind in members:
        check(type(reply[name]) is kind, "type of " + name, reply)
        if name in ("timestamp", "server_time", "execution_time"):
            check(STAMP.match(reply[name]), name, reply)


PING = [("uuid", str), ("status", str), ("server_time", str), ("latency_ms", float)]
OPENED = [
    ("uuid", str),
    ("status", str),
    ("ticket", int),
    ("symbol", str),
    ("volume", float),
    ("price", float),
    ("execution_time", str),
    ("latency_ms", float),
]
REJECTED = [("uuid", str), ("status", str), ("error_code", str), ("error_msg", str), ("timestamp", str)]
CLOSED = [
    ("uuid", str),
    ("status", str),
    ("ticket", int),
    ("close_price", float),
    ("execution_time", str),
    ("latency_ms", float),
]
ACCOUNT = [
    ("uuid", str),
    ("status", str),
    ("balance", float),
    ("equity", float),
    ("margin", float),
    ("free_margin", float),
    ("margin_level", float),
    ("currency", str),
    ("timestamp", str),
]
POSITIONS = [("uuid", str), ("status", str), ("positions", list), ("timestamp", str)]
POSITION = [
    ("ticket", int),
    ("symbol", str),
    ("type", str),
    ("volume", float),
    ("open_price", float),
    ("current_price", float),
    ("profit", float),
]


def rejected(reply, code=None):
    shape(reply, REJECTED)
    check(reply["status"] == "REJECTED", "status", reply)
    check(re.match(r"^[A-Z][A-Z_0-9]*$", reply["error_code"]), "error_code", reply)
    if code is not None:
        check(reply["error_code"] == code, "error_code " + code, reply)


def examples(endpoint):
    client = Client(endpoint)

    asked = request("PING")
    reply = client.ask(asked)
    shape(reply, PING)
    check(reply["uuid"] == asked["uuid"] and reply["status"] == "ok", "PING", reply)

    reply = client.ask(request("GET_ACCOUNT"))
    shape(reply, ACCOUNT)
    check(reply["balance"] == 100000.0 and reply["currency"] == "USD", "GET_ACCOUNT", reply)

    asked = open_order(volume=0.1)
    reply = client.ask(asked)
    shape(reply, OPENED)
    check(reply["status"] == "FILLED" and reply["uuid"] == asked["uuid"], "OPEN", reply)
    check(reply["symbol"] == "EURUSD" and reply["volume"] == 0.1, "OPEN", reply)
    ticket = reply["ticket"]

    # a repeated uuid is the same order, also with a fresh signature
    again = client.ask(dict(asked, risk_signature=signature(), timestamp=now()))
    check(again == reply, "the first reply again", again)

    sold = client.ask(open_order(symbol="GBPUSD", type="SELL", volume=1))
    shape(sold, OPENED)

    reply = client.ask(request("GET_POSITIONS", symbol="EURUSD"))
    shape(reply, POSITIONS)
    check(len(reply["positions"]) == 1, "one EURUSD position", reply)
    position = reply["positions"][0]
    shape(position, POSITION)
    check(position["ticket"] == ticket and position["type"] == "BUY", "the position", position)
    reply = client.ask(request("GET_POSITIONS"))
    check(sorted(p["symbol"] for p in reply["positions"]) == ["EURUSD", "GBPUSD"], "all positions", reply)

    reply = client.ask(request("GET_ACCOUNT"))
    check(reply["margin"] > 0 and reply["margin_level"] > 0, "margin in use", reply)

    closing = request("CLOSE", ticket=ticket, symbol="EURUSD", volume=0.04)
    reply = client.ask(closing)
    shape(reply, CLOSED)
    check(reply["status"] == "FILLED" and reply["ticket"] != ticket, "partial CLOSE", reply)
    check(client.ask(closing) == reply, "the first CLOSE again", reply)
    left = client.ask(request("GET_POSITIONS", symbol="EURUSD"))["positions"]
    check([p["volume"] for p in left] == [0.06], "what is left", left)
    reply = client.ask(request("CLOSE", ticket=ticket, symbol="EURUSD", volume=0.06))
    shape(reply, CLOSED)
    shape(client.ask(request("CLOSE", ticket=sold["ticket"])), CLOSED)
    check(client.ask(request("GET_POSITIONS"))["positions"] == [], "all closed", reply)

    rejected(client.ask(open_order(volume=100.0)), "INSUFFICIENT_MARGIN")
    rejected(client.ask(open_order(volume=0.0011)), "INVALID_VOLUME")
    rejected(client.ask(open_order(symbol="NOSUCH")))
    rejected(client.ask(open_order(sl=100.0)), "INVALID_STOPS")
    rejected(client.ask(open_order(risk_signature=...)), "RISK_SIGNATURE_MISSING")
    rejected(client.ask(open_order(risk_signature="RISK_PASS:short:" + now())), "RISK_SIGNATURE_INVALID")
    rejected(client.ask(open_order(risk_signature="PASS")), "RISK_SIGNATURE_INVALID")
    rejected(client.ask(open_order(risk_signature=signature(-7))), "RISK_SIGNATURE_EXPIRED")
    rejected(client.ask(open_order(risk_signature=signature(60))), "RISK_SIGNATURE_FUTURE")
    rejected(client.ask(request("CLOSE", ticket=1, symbol="EURUSD", volume=0.01)), "POSITION_NOT_FOUND")
    check(client.ask(request("GET_POSITIONS"))["positions"] == [], "nothing was opened", "")
    client.close()


def ping(endpoint):
    client = Client(endpoint)
    shape(client.ask(request("PING")), PING)
    client.close()


def wait_connected(endpoint):
    client = Client(endpoint)
    deadline = time.time() + 15
    while client.ask(request("GET_ACCOUNT"))["status"] != "ok":
        check(time.time() < deadline, "connected in time", "")
        time.sleep(0.02)
    client.close()


def malformed(endpoint):
    client = Client(endpoint)
    deep = b'{"uuid": "u", "action": "PING", "x": ' + b"[" * 100000 + b"]" * 100000 + b"}"
    for data in [
        b"",
        b"hello",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe\x00\x01",
        bytes(range(256)) * 16,
        json.dumps({"uuid": "u", "action": "OPEN", "volume": float("nan")}).encode(),
        json.dumps({"uuid": "u", "action": "OPEN", "volume": float("inf")}).encode(),
        json.dumps({"action": "PING"}).encode(),
        json.dumps({"uuid": 5, "action": "PING"}).encode(),
        json.dumps({"uuid": "u"}).encode(),
        json.dumps({"uuid": "u", "action": "NOPE"}).encode(),
        json.dumps(open_order(volume="0.01")).encode(),
        json.dumps(open_order(volume=-1)).encode(),
        json.dumps(open_order(symbol=None)).encode(),
        b'{"uuid": "u", "action": "PING", "action": "PING"}',
        deep,
        b"x" * (10 * 1024 * 1024),
        json.dumps({"uuid": "u", "action": "PING", "pad": "x" * (10 * 1024 * 1024)}).encode(),
        [b'{"uuid": "u", "action": "PING"}', b"more"],
        [b"", b'{"uuid": "u", "action": "PING"}'],
        "{\"uuid\": \"u\", \"action\": \"PING\"}".encode("utf-16"),
    ]:
        reply = client.ask_raw(data)
        if data == [b"", b'{"uuid": "u", "action": "PING"}']:
            # an empty part more is a request of two parts to REP
            rejected(reply)
        else:
            rejected(reply)
    shape(client.ask(request("PING")), PING)
    client.close()


def dealer(endpoint):
    socket = CONTEXT.socket(zmq.DEALER)
    socket.setsockopt(zmq.LINGER, 0)
    socket.setsockopt(zmq.RCVTIMEO, 8000)
    socket.setsockopt(zmq.IDENTITY, b"strategy-7")
    socket.connect(endpoint)
    asked = [request("PING") for _ in range(200)]
    for message in asked:
        socket.send_multipart([b"", json.dumps(message).encode()])
    seen = []
    for _ in asked:
        delimiter, body = socket.recv_multipart()
        check(delimiter == b"", "delimiter", delimiter)
        seen.append(json.loads(body)["uuid"])
    check(sorted(seen) == sorted(message["uuid"] for message in asked), "each exactly once", len(seen))
    check(socket.poll(200) == 0, "nothing more", "")
    socket.close()


def lazy_pirate(endpoint):
    """Gives each request little time, and asks again on a new socket: one order, whatever the number of copies."""
    asked = open_order()
    copies = 0
    reply = None
    while reply is None:
        copies += 1
        check(copies < 400, "an answer at last", copies)
        client = Client(endpoint, timeout_ms=15)
        try:
            reply = client.ask(dict(asked, risk_signature=signature()))
        except zmq.Again:
            pass
        client.close()
    shape(reply, OPENED)
    check(copies > 1, "more than one copy", copies)
    client = Client(endpoint)
    positions = client.ask(request("GET_POSITIONS"))["positions"]
    check([p["ticket"] for p in positions] == [reply["ticket"]], "one position for %d copies" % copies, positions)
    shape(client.ask(request("CLOSE", ticket=reply["ticket"])), CLOSED)
    client.close()


def hundred(endpoint):
    failures = []
    start = threading.Barrier(100)

    def work(number):
        try:
            client = Client(endpoint, timeout_ms=30000)
            start.wait()
            shape(client.ask(request("PING")), PING)
            asked = open_order()
            reply = client.ask(asked)
            shape(reply, OPENED)
            check(reply["uuid"] == asked["uuid"], "own reply", reply)
            closed = client.ask(request("CLOSE", ticket=reply["ticket"], volume=0.01))
            shape(closed, CLOSED)
            if number % 10 == 0:
                client.socket.send_json(request("PING"))
            client.close()
        except Exception as error:
            failures.append(repr(error))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check(not failures, "failures", failures[:3])
    client = Client(endpoint)
    check(client.ask(request("GET_POSITIONS"))["positions"] == [], "all closed", "")
    client.close()


def killed(endpoint):
    """The gateway dies in the middle of an OPEN; its successor is asked again with the same uuid."""
    asked = open_order()
    client = Client(endpoint, timeout_ms=300)
    client.socket.send_json(asked)
    print("sent", flush=True)
    deadline = time.time() + 25
    reply = None
    while reply is None:
        check(time.time() < deadline, "an answer at last", "")
        try:
            reply = client.socket.recv_json()
        except zmq.Again:
            client.close()
            client = Client(endpoint, timeout_ms=300)
            client.socket.send_json(dict(asked, risk_signature=signature()))
    shape(reply, OPENED)
    check(client.ask(dict(asked, risk_signature=signature())) == reply, "the same again", reply)
    positions = client.ask(request("GET_POSITIONS"))["positions"]
    check([p["ticket"] for p in positions] == [reply["ticket"]], "one position", positions)
    client.close()


def signed(endpoint):
    """Verified signatures: the checksum is an HMAC over the order's fields."""
    secret = b"a secret of both machines"
    client = Client(endpoint)

    def sign(order):
        stamp = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        fields = [order["uuid"], order["symbol"], order["type"]]
        fields += [float(order[name]) for name in ("volume", "price", "sl", "tp")]
        text = json.dumps(fields + [order["comment"], "", stamp])
        checksum = hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()
        return dict(order, risk_signature="RISK_PASS:%s:%s" % (checksum, stamp))

    order = sign(open_order(volume=1, comment="é€ \"quoted\""))
    rejected(client.ask(dict(order, uuid=str(uuid.uuid4()))), "RISK_SIGNATURE_MISMATCH")
    rejected(client.ask(open_order()), "RISK_SIGNATURE_MISMATCH")
    reply = client.ask(order)
    shape(reply, OPENED)
    shape(client.ask(request("CLOSE", ticket=reply["ticket"])), CLOSED)
    client.close()


def curve(endpoint, server_key, public_key, secret_key):
    client = Client.__new__(Client)
    client.socket = CONTEXT.socket(zmq.REQ)
    client.socket.setsockopt(zmq.LINGER, 0)
    client.socket.setsockopt(zmq.RCVTIMEO, 8000)
    client.socket.curve_serverkey = server_key.encode()
    client.socket.curve_publickey = public_key.encode()
    client.socket.curve_secretkey = secret_key.encode()
    client.socket.connect(endpoint)
    shape(client.ask(request("PING")), PING)
    client.close()


def refused(endpoint):
    """Not let in: no reply, and no harm."""
    client = Client(endpoint, timeout_ms=700)
    client.socket.send_json(request("PING"))
    try:
        check(False, "no reply", client.socket.recv())
    except zmq.Again:
        pass
    client.close()


def floats(_):
    """Prints what json.dumps makes of the numbers on stdin."""
    for line in sys.stdin:
        print(json.dumps(float.fromhex(line.strip())))


if __name__ == "__main__":
    scenario, *rest = sys.argv[1:]
    globals()[scenario](*rest)
    CONTEXT.destroy(linger=0)
    print("ok")

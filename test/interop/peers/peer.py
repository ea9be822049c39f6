"""A ZeroMQ peer that a test drives: one JSON command per line on stdin, one JSON answer or event per line on stdout."""

import hashlib
import json
import struct
import sys
import threading
import time
import traceback

import zmq
from zmq.utils import z85
from zmq.utils.monitor import recv_monitor_message

MIB = 1_048_576
HUGE = 64 * MIB
POOL = memoryview(hashlib.shake_256(b"pool").digest(2 * MIB))
CLASSES = [(300, 0, 0), (6000, 1, 64), (9300, 65, 1024), (9960, 1025, 8192), (9996, 8193, 65536), (10000, 65537, MIB)]
SYNC = b"\0sync"


def draws(seed):
    block = 0
    while True:
        raw = hashlib.shake_256(f"plan:{seed}:{block}".encode()).digest(16384)
        yield from struct.unpack("<4096I", raw)
        block += 1


def part_count(draw):
    share = draw % 100
    if share < 70:
        return 1
    if share < 85:
        return 2
    if share < 95:
        return 3
    return 4 + draw // 128 % 5


def cut(offset, size):
    if size <= MIB:
        return POOL[offset : offset + size]
    return (bytes(POOL[offset : offset + MIB]) * (size // MIB + 1))[:size]


def messages(plan):
    count = plan["count"]
    topics = [topic.encode() for topic in plan.get("topics", [])]
    huge = plan.get("huge", 0)
    every = count // (huge + 1) if huge > 0 else 0
    stream = draws(plan["seed"])
    for index in range(count):
        first = next(stream)
        parts = [topics[first // 4096 % len(topics)]] if topics else []
        for part in range(part_count(first)):
            share = next(stream) % 10000
            size_draw = next(stream)
            offset = next(stream) % (MIB + 1)
            _, low, high = next(entry for entry in CLASSES if share < entry[0])
            is_huge = part == 0 and every > 0 and index > 0 and index % every == 0 and index // every <= huge
            parts.append(cut(offset, HUGE if is_huge else low + size_draw % (high - low + 1)))
        yield parts


class Tally:
    def __init__(self):
        self.hash = hashlib.sha256()
        self.count = 0
        self.bytes = 0
        self.marks = []

    def add(self, parts):
        sizes = [len(part) for part in parts]
        self.hash.update(struct.pack(f"<{len(parts) + 1}I", len(parts), *sizes))
        for part in parts:
            self.hash.update(part)
        self.count += 1
        self.bytes += sum(sizes)
        if self.count % 512 == 0:
            self.marks.append(self.hash.hexdigest()[:16])

    def result(self):
        return {"count": self.count, "bytes": self.bytes, "digest": self.hash.hexdigest(), "marks": self.marks}


context = zmq.Context()
sockets = {}
output = threading.Lock()

EVENTS = {
    zmq.EVENT_CONNECTED: "connected",
    zmq.EVENT_CONNECT_RETRIED: "retried",
    zmq.EVENT_ACCEPTED: "accepted",
    zmq.EVENT_CLOSED: "closed",
    zmq.EVENT_DISCONNECTED: "disconnected",
    zmq.EVENT_HANDSHAKE_SUCCEEDED: "handshake",
    zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL: "failed-protocol",
    zmq.EVENT_HANDSHAKE_FAILED_AUTH: "failed-auth",
    zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL: "failed",
}


def write(record):
    with output:
        sys.stdout.write(json.dumps(record) + "\n")
        sys.stdout.flush()


class Held:
    """A socket, what watches it, and the signal that lets a publisher start."""

    def __init__(self, socket):
        self.socket = socket
        self.go = threading.Event()
        self.watcher = None


def watch(number, monitor):
    while True:
        try:
            event = recv_monitor_message(monitor)
        except zmq.ZMQError:
            return
        if event["event"] == zmq.EVENT_MONITOR_STOPPED:
            monitor.close(0)
            return
        name = EVENTS.get(event["event"])
        if name is not None:
            write({"event": name, "socket": number, "value": event["value"]})


def open_socket(command):
    socket = context.socket(getattr(zmq, command["type"]))
    held = Held(socket)
    options = command.get("options", {})
    socket.linger = options.get("lingerMs", 0)
    socket.sndhwm = options.get("sendHighWaterMark", 0)
    socket.rcvhwm = options.get("receiveHighWaterMark", 0)
    socket.maxmsgsize = -1
    for key, option in (
        ("heartbeatIntervalMs", zmq.HEARTBEAT_IVL),
        ("heartbeatTimeoutMs", zmq.HEARTBEAT_TIMEOUT),
        ("heartbeatTtlMs", zmq.HEARTBEAT_TTL),
        ("handshakeTimeoutMs", zmq.HANDSHAKE_IVL),
        ("reconnectMs", zmq.RECONNECT_IVL),
        ("sendBufferBytes", zmq.SNDBUF),
        ("receiveBufferBytes", zmq.RCVBUF),
    ):
        if key in options:
            socket.setsockopt(option, options[key])
    if "identity" in options:
        socket.setsockopt(zmq.ROUTING_ID, options["identity"].encode())
    if options.get("mandatory"):
        socket.setsockopt(zmq.ROUTER_MANDATORY, 1)
    security = command.get("security", {"mechanism": "NULL"})
    if security["mechanism"] == "PLAIN":
        if security["role"] == "server":
            socket.plain_server = 1
        else:
            socket.plain_username = security["username"].encode()
            socket.plain_password = security["password"].encode()
    if security["mechanism"] == "CURVE":
        socket.curve_publickey = security["publicKey"].encode()
        socket.curve_secretkey = security["secretKey"].encode()
        if security["role"] == "server":
            socket.curve_server = 1
        else:
            socket.curve_serverkey = security["serverKey"].encode()
    if "domain" in security:
        socket.zap_domain = security["domain"].encode()
    for prefix in options.get("subscribe", []):
        socket.setsockopt(zmq.SUBSCRIBE, prefix.encode())
    number = command["socket"]
    if command.get("monitor"):
        held.watcher = threading.Thread(target=watch, args=(number, socket.get_monitor_socket()), daemon=True)
        held.watcher.start()
    sockets[number] = held
    if "bind" in command:
        socket.bind(command["bind"])
        return {"endpoint": socket.last_endpoint.decode()}
    socket.connect(command["connect"])
    return {"endpoint": command["connect"]}


def outgoing(command):
    prefix = [bytes.fromhex(frame) for frame in command.get("prefix", [])]
    for parts in messages(command["send"]):
        yield prefix + parts


def duplex(held, command, deadline):
    """Sends a plan and receives a number of messages at the same time; either may be absent."""
    socket = held.socket
    send = outgoing(command) if "send" in command else iter(())
    wanted = command.get("receive", 0)
    strip = command.get("strip", 0)
    tally = Tally()
    stripped = set()
    pending = next(send, None)
    sent = 0
    number = command["socket"]
    synced = False
    if command.get("announce"):
        while not held.go.wait(0.01):
            socket.send(SYNC)
    while pending is not None or tally.count < wanted:
        progress = False
        for _ in range(64):
            if pending is None:
                break
            try:
                socket.send_multipart(pending, zmq.DONTWAIT)
            except zmq.Again:
                break
            except zmq.ZMQError as error:
                if error.errno != zmq.EHOSTUNREACH or sent > 0:
                    raise
                break
            progress = True
            sent += 1
            pending = next(send, None)
        for _ in range(64):
            if tally.count >= wanted:
                break
            try:
                parts = socket.recv_multipart(zmq.DONTWAIT)
            except zmq.Again:
                break
            progress = True
            if parts[0] == SYNC:
                if not synced:
                    synced = True
                    write({"event": "synced", "socket": number})
                continue
            stripped.add(tuple(frame.hex() for frame in parts[:strip]))
            tally.add(parts[strip:])
        if not progress:
            if time.monotonic() > deadline:
                raise TimeoutError(f"sent {sent}, received {tally.count} of {wanted}")
            flags = (zmq.POLLOUT if pending is not None else 0) | (zmq.POLLIN if tally.count < wanted else 0)
            socket.poll(20, flags)
    return {**tally.result(), "sent": sent, "stripped": [list(frames) for frames in sorted(stripped)]}


def receive_one(socket, deadline):
    if not socket.poll(max(0, int((deadline - time.monotonic()) * 1000))):
        raise TimeoutError("nothing to receive")
    return socket.recv_multipart()


def serve(held, command, deadline):
    """Answers each request with the next message of a plan, under the same envelope."""
    tally = Tally()
    envelope = command.get("envelope", 0)
    try:
        for parts in messages(command["send"]):
            request = receive_one(held.socket, deadline)
            tally.add(request[envelope:])
            held.socket.send_multipart(request[:envelope] + parts)
    except TimeoutError as error:
        raise TimeoutError(f"served {tally.count}") from error
    return tally.result()


def lockstep(held, command, deadline):
    """Sends each message of a plan and waits for its answer."""
    tally = Tally()
    try:
        for parts in messages(command["send"]):
            held.socket.send_multipart(parts)
            tally.add(receive_one(held.socket, deadline))
    except TimeoutError as error:
        raise TimeoutError(f"answered {tally.count}") from error
    return tally.result()


def send_raw(held, command, deadline):
    held.socket.sndtimeo = max(1, int((deadline - time.monotonic()) * 1000))
    held.socket.send_multipart([bytes.fromhex(frame) for frame in command["frames"]])
    return {}


def receive_raw(held, _command, deadline):
    return {"frames": [frame.hex() for frame in receive_one(held.socket, deadline)]}


def subscribe(held, command, _deadline):
    held.socket.setsockopt(zmq.SUBSCRIBE, command["prefix"].encode())
    return {}


def close_socket(command):
    held = sockets.pop(command["socket"])
    if held.watcher is not None:
        held.socket.disable_monitor()
        held.watcher.join(5)
    held.socket.close(command.get("lingerMs", 0))
    return {}


def zap(command):
    """Answers ZAP requests (RFC 27) from the lists given."""
    handler = context.socket(zmq.REP)
    handler.bind("inproc://zeromq.zap.01")

    def run():
        while True:
            version, sequence, _domain, address, _identity, mechanism, *credentials = handler.recv_multipart()
            if mechanism == b"CURVE":
                name = z85.encode(credentials[0]).decode()
                good = name in command.get("curve", [])
            elif mechanism == b"PLAIN":
                name = credentials[0].decode()
                good = command.get("plain", {}).get(name) == credentials[1].decode()
            else:
                name = "anonymous"
                good = command.get("null", False)
            write({"event": "zap", "name": name, "good": good, "address": address.decode()})
            status = [b"200", b"OK", b"", b""] if good else [b"400", b"Refused", b"", b""]
            handler.send_multipart([version, sequence, *status])

    threading.Thread(target=run, daemon=True).start()
    return {}


ON_SOCKET = {
    "duplex": duplex,
    "serve": serve,
    "lockstep": lockstep,
    "send": send_raw,
    "receive": receive_raw,
    "subscribe": subscribe,
}
AT_ONCE = {"open": open_socket, "close": close_socket, "zap": zap}


def answer(command, run):
    try:
        write({"id": command["id"], "ok": run()})
    except Exception as error:
        where = traceback.format_exc().strip().splitlines()[-3:]
        write({"id": command["id"], "error": f"{type(error).__name__}: {error}", "where": where})


def main():
    write({"event": "ready", "zmq": zmq.zmq_version()})
    for line in sys.stdin:
        command = json.loads(line)
        name = command["do"]
        if name == "exit":
            break
        if name == "go":
            sockets[command["socket"]].go.set()
            write({"id": command["id"], "ok": {}})
        elif name in AT_ONCE:
            answer(command, lambda command=command, name=name: AT_ONCE[name](command))
        else:
            held = sockets[command["socket"]]
            deadline = time.monotonic() + command.get("timeoutMs", 30000) / 1000
            work = lambda command=command, held=held, deadline=deadline, name=name: ON_SOCKET[name](held, command, deadline)
            threading.Thread(target=answer, args=(command, work), daemon=True).start()
    sys.stdout.flush()
    # sockets of threads that still wait would hold the context for ever
    import os

    os._exit(0)


main()

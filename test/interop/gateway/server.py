"""A minimal v4.3 server on a REP socket, as the protocol's description has it; keeps a few positions in a dict.

Usage: server.py [FAULT]. Prints its endpoint; ends with its standard input. FAULT breaks one thing on purpose.
"""

import sys
import threading
import time
from datetime import datetime, timezone

import zmq

FAULT = sys.argv[1] if len(sys.argv) > 1 else ""
positions = {}


def now():
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def rejected(uuid, code, message):
    return {"uuid": uuid, "status": "REJECTED", "error_code": code, "error_msg": message, "timestamp": now()}


def check_signature(text):
    if not text:
        return "RISK_SIGNATURE_MISSING"
    parts = text.split(":", 2)
    if len(parts) != 3 or parts[0] != "RISK_PASS" or len(parts[1]) < 8:
        return "RISK_SIGNATURE_INVALID"
    age = (datetime.now(timezone.utc) - datetime.fromisoformat(parts[2].replace("Z", "+00:00"))).total_seconds()
    return None if -1 <= age <= 5 else "RISK_SIGNATURE_EXPIRED"


def answer(request):
    start = time.perf_counter()
    uuid = request.get("uuid")
    action = request.get("action")

    def took():
        return round((time.perf_counter() - start) * 1000, 3)

    if action == "PING":
        if FAULT == "int-latency":
            return {"uuid": uuid, "status": "ok", "server_time": now(), "latency_ms": 1}
        return {"uuid": uuid, "status": "ok", "server_time": now(), "latency_ms": took()}
    if action == "GET_ACCOUNT":
        return {
            "uuid": uuid,
            "status": "ok",
            "balance": 100000.0,
            "equity": 100500.5,
            "margin": 500.0,
            "free_margin": 99500.5,
            "margin_level": 20100.1,
            "currency": "USD",
            "timestamp": now(),
        }
    if action == "GET_POSITIONS":
        symbol = request.get("symbol")
        found = [p for p in positions.values() if not symbol or p["symbol"] == symbol]
        return {"uuid": uuid, "status": "ok", "positions": found, "timestamp": now()}
    if action == "OPEN":
        fault = None if FAULT == "no-signatures" else check_signature(request.get("risk_signature"))
        if fault:
            return rejected(uuid, fault, "Invalid risk signature")
        if request["symbol"] not in ("EURUSD", "GBPUSD"):
            return rejected(uuid, "SYMBOL_NOT_FOUND", "No such symbol")
        ticket = 12345678 + len(positions)
        positions[ticket] = {
            "ticket": ticket,
            "symbol": request["symbol"],
            "type": request["type"],
            "volume": float(request["volume"]),
            "open_price": 1.0523,
            "current_price": 1.0528,
            "profit": 5.0,
        }
        return {
            "uuid": uuid,
            "status": "FILLED",
            "ticket": ticket,
            "symbol": request["symbol"],
            "volume": float(request["volume"]),
            "price": 1.0523,
            "execution_time": now(),
            "latency_ms": took(),
        }
    if action == "CLOSE":
        if positions.pop(request["ticket"], None) is None:
            return rejected(uuid, "POSITION_NOT_FOUND", "No such position")
        return {
            "uuid": uuid,
            "status": "FILLED",
            "ticket": 87654321,
            "close_price": 1.0528,
            "execution_time": now(),
            "latency_ms": took(),
        }
    return rejected(uuid, "UNKNOWN_ACTION", "Unknown action")


def main():
    context = zmq.Context()
    socket = context.socket(zmq.REP)
    socket.setsockopt(zmq.LINGER, 0)
    port = socket.bind_to_random_port("tcp://127.0.0.1")
    print("ready on tcp://127.0.0.1:%d" % port, flush=True)
    ended = threading.Event()

    def watch():
        sys.stdin.read()
        ended.set()

    threading.Thread(target=watch, daemon=True).start()
    while not ended.is_set():
        if socket.poll(50):
            socket.send_json(answer(socket.recv_json()))
    socket.close()
    context.term()


main()

"""Sessions of python3-autobahn, told what to do in lines of JSON on the standard input; what comes of it goes to the output."""
import asyncio
import json
import os
import sys
from urllib.parse import urlparse

import txaio

txaio.use_asyncio()

from autobahn.asyncio.wamp import ApplicationSession
from autobahn.asyncio.rawsocket import WampRawSocketClientFactory, WampRawSocketClientProtocol
from autobahn.asyncio.websocket import WampWebSocketClientFactory
from autobahn.wamp import auth, types
from autobahn.wamp.cryptosign import CryptosignKey
from autobahn.wamp.exception import ApplicationError
from autobahn.wamp.serializer import CBORSerializer, JsonSerializer, MsgPackSerializer

SERIALIZERS = {"json": JsonSerializer, "msgpack": MsgPackSerializer, "cbor": CBORSerializer}


class RawProtocol(WampRawSocketClientProtocol):
    # Of this release: sessions ask for it, and raw sockets of asyncio have it under another name.
    @property
    def transport_details(self):
        return self._transport_details


sessions = {}
calls = {}
invocations = {}


def say(id, what, **more):
    sys.stdout.write(json.dumps({"id": id, "what": what, **more}) + "\n")
    sys.stdout.flush()


def plain(details):
    told = {}
    for name in getattr(details, "__slots__", ()):
        value = getattr(details, name, None)
        if isinstance(value, (str, int, bool)):
            told[name] = value
    return told


class Session(ApplicationSession):
    def __init__(self, config, order, joined):
        super().__init__(config)
        self.order = order
        self.joined = joined

    def onUserError(self, fail, msg):
        pass

    def onConnect(self):
        login = self.order.get("login")
        if not login:
            return self.join("realm")
        extra = {"pubkey": login["keys"]["publicKey"]} if login.get("keys") else None
        self.join("realm", [login["method"]], authid=login["authid"], authextra=extra)

    def onChallenge(self, challenge):
        login = self.order["login"]
        if challenge.method == "ticket":
            return login["secret"]
        if challenge.method == "cryptosign":
            key = CryptosignKey.from_bytes(bytes.fromhex(login["keys"]["privateKey"]))
            return key.sign_challenge(challenge)
        secret = login["secret"].encode()
        if "salt" in challenge.extra:
            extra = challenge.extra
            secret = auth.derive_key(secret, extra["salt"], extra["iterations"], extra["keylen"])
        signature = auth.compute_wcs(secret, challenge.extra["challenge"].encode())
        return signature.decode("ascii")

    async def onJoin(self, details):
        if not self.joined.done():
            self.joined.set_result(details)

    def onLeave(self, details):
        if not self.joined.done():
            self.joined.set_exception(ApplicationError(details.reason))
        self.disconnect()


def raw_factory(make, serializer):
    factory = WampRawSocketClientFactory(make, serializer=serializer)
    factory.protocol = RawProtocol
    return factory


async def connect(order):
    door = order["door"]
    loop = asyncio.get_running_loop()
    joined = loop.create_future()
    made = []

    def make():
        made.append(Session(types.ComponentConfig("realm", {}), order, joined))
        return made[0]

    serializer = SERIALIZERS[order["serializer"]]()
    if order["transport"] == "webSocket":
        factory = WampWebSocketClientFactory(make, url=door, serializers=[serializer])
        await loop.create_connection(factory, urlparse(door).hostname, urlparse(door).port)
    elif order["transport"] == "tcp":
        await loop.create_connection(raw_factory(make, serializer), "127.0.0.1", door)
    else:
        await loop.create_unix_connection(raw_factory(make, serializer), door)
    details = await asyncio.wait_for(joined, 10)
    sessions[details.session] = made[0]
    told = {
        "authid": details.authid,
        "authrole": details.authrole,
        "authmethod": details.authmethod,
    }
    return {"session": details.session, "details": told}


async def call(order):
    session = sessions[order["session"]]
    options = dict(order.get("options") or {})
    if order["progress"]:
        options["on_progress"] = lambda value: say(order["id"], "progress", value=value)
    options = types.CallOptions(**options)
    future = session.call(order["uri"], *order["args"], options=options, **order["kwargs"])
    calls[order["id"]] = future
    result = await future
    return list(result.results) if isinstance(result, types.CallResult) else result


async def register(order):
    session = sessions[order["session"]]

    async def endpoint(*args, details=None):
        token = len(invocations) + 1
        answer = asyncio.get_running_loop().create_future()
        invocations[token] = (answer, details.progress)
        say(order["id"], "invocation", token=token, args=args, details=plain(details))
        try:
            return await answer
        except asyncio.CancelledError:
            say(order["id"], "interrupted", token=token)
            raise

    options = types.RegisterOptions(details=True, **(order.get("options") or {}))
    await session.register(endpoint, order["uri"], options=options)


async def subscribe(order):
    session = sessions[order["session"]]

    def heard(*args, details=None):
        say(order["id"], "event", args=args, details=plain(details))

    options = types.SubscribeOptions(details=True, **(order.get("options") or {}))
    await session.subscribe(heard, order["uri"], options=options)


async def publish(order):
    session = sessions[order["session"]]
    options = types.PublishOptions(**{"acknowledge": True, **(order.get("options") or {})})
    published = session.publish(order["uri"], *order["args"], options=options)
    if published is not None:
        await published


async def close(order):
    session = sessions.pop(order["session"])
    if session.is_attached():
        session.leave()


WORKS = {
    "join": connect,
    "call": call,
    "register": register,
    "subscribe": subscribe,
    "publish": publish,
    "close": close,
}


async def work(order):
    id = order["id"]
    try:
        say(id, "ok", value=await WORKS[order["op"]](order))
    except asyncio.CancelledError:
        say(id, "error", value="wamp.error.canceled")
    except ApplicationError as error:
        say(id, "error", value=error.error)
    except Exception as error:
        say(id, "error", value=repr(error))


def obey(order):
    op = order["op"]
    if op == "cancel":
        calls[order["call"]].cancel()
    elif op == "progress":
        invocations[order["token"]][1](order["value"])
    elif op == "answer":
        answer = invocations[order["token"]][0]
        if not answer.done():
            answer.set_result(order["value"])
    else:
        asyncio.ensure_future(work(order))


async def main():
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader(limit=2**24)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), os.fdopen(0, "rb"))
    while True:
        line = await lines.readline()
        if not line:
            return
        obey(json.loads(line))


asyncio.run(main())

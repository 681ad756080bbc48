"""The original agent's calls, on what it was made with: python3-autobahn. It keeps its settings in a file, registers, starts itself
anew, connects, offers its procedures one after the other, says that it is alive, and comes back by itself. What it is told to serve it
says on the output, where whoever runs it starts a client for it; `drop` on the input loses its socket."""
import asyncio
import json
import os
import pickle
import queue
import socket
import sys
import threading
import time

import txaio

txaio.use_asyncio()

from autobahn.asyncio.component import Component
from autobahn.wamp.exception import ApplicationError

SETTINGS = sys.argv[1]
ALIVE_S = 0.5

settings = json.load(open(SETTINGS))
board = settings["iotronic"]["board"]
wamp = settings["iotronic"]["wamp"]
registered = "uuid" in board
agent = wamp["main-agent" if registered else "registration-agent"]
plugins = {}
live = {}
loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)


def say(what, **more):
    sys.stdout.write(json.dumps({"what": what, **more}) + "\n")
    sys.stdout.flush()


def again():
    """As it starts itself anew."""
    os.execv(sys.executable, [sys.executable] + sys.argv)


def message(result, text, req_id=None):
    return json.dumps({"message": text, "result": result, "req_id": req_id})


def stamp():
    return time.strftime("%Y-%m-%dT%H:%M:%S")


class Plugin(threading.Thread):
    def __init__(self, uuid, name, q_result=None, params=None):
        threading.Thread.__init__(self, daemon=True)
        self.uuid, self.params, self.q_result = uuid, params, q_result
        self._is_running = True

    def stop(self):
        self._is_running = False


class Device:
    def DevicePing(self, req, parameters=None):
        return message("SUCCESS", "%s @ %s" % (socket.gethostname(), stamp()), req["uuid"])

    def DeviceEcho(self, req, parameters=None):
        return message("SUCCESS", "%s @ %s" % (parameters["say"], stamp()), req["uuid"])

    def DeviceReboot(self, req, parameters=None):
        return message("SUCCESS", "Rebooting in %s s" % parameters["delay"])

    def DeviceUpgradeLR(self, req, parameters=None):
        uuid, main = req["uuid"], req["main_request_uuid"]
        assert main is None

        def work():
            time.sleep(0.3)
            done = message("SUCCESS", "upgraded to " + parameters["version"], uuid)
            asyncio.run_coroutine_threadsafe(notify(done), loop)

        threading.Thread(target=work, daemon=True).start()
        return message("RUNNING", "LR upgrading", uuid)

    def PluginInject(self, req, plugin, onboot):
        source = pickle.loads(plugin["code"].encode("utf-8"))
        plugins[plugin["uuid"]] = source
        return message("SUCCESS", "PluginInject result: INJECTED", req["uuid"])

    def PluginCall(self, req, uuid, params=None):
        space = {"Plugin": type("module", (), {"Plugin": Plugin})}
        exec(compile(plugins[uuid], "plugin", "exec"), space)
        answers = queue.Queue()
        worker = space["Worker"](uuid, "plugin", q_result=answers, params=params)
        worker.start()
        while answers.empty():
            pass
        return message("SUCCESS", answers.get(), req["uuid"])

    def PluginRemove(self, req, uuid):
        plugins.pop(uuid)
        return message("SUCCESS", "PluginRemove result: REMOVED", req["uuid"])

    def ServiceEnable(self, req, service, public_port):
        say("serve", port=public_port, local=service["port"])
        return message("SUCCESS", "Cloud service %s exposed" % service["name"], req["uuid"])

    def ServiceDisable(self, req, service):
        say("withdraw", name=service["name"])
        return message("SUCCESS", "disabled", req["uuid"])

    def testRPC(self):
        return message("SUCCESS", "test")


async def notify(done):
    uri = board["agent"] + ".stack4things.notify_result"
    answer = await live["session"].call(uri, board_uuid=board["uuid"], wampmessage=done)
    say("notified", result=json.loads(answer)["result"])


component = Component(
    transports=[{"type": "websocket", "url": agent["url"], "max_retries": -1,
                 "initial_retry_delay": 0.2, "max_retry_delay": 1}],
    realm=agent["realm"],
)


async def register(session, details):
    answer = json.loads(await session.call("stack4things.register", code=board["code"], session=details.session))
    if answer["result"] != "SUCCESS":
        say("refused", message=answer["message"])
        return
    for name in ("uuid", "code", "name", "status", "type", "mobile", "extra", "agent",
                 "created_at", "updated_at", "location"):
        assert name in answer["message"]["iotronic"]["board"], name
    assert answer["message"]["iotronic"]["board"]["status"] == "registered"
    json.dump(answer["message"], open(SETTINGS, "w"))
    say("registered")
    again()


async def connect(session, details):
    info = {"lr_version": "0.5.0",
            "connectivity": {"iface": "eth0", "local_ip": "10.0.0.7", "mac": "00:11:22:33:44:55"}}
    try:
        answer = json.loads(await session.call(board["agent"] + ".stack4things.connection",
                                               uuid=board["uuid"], session=details.session, info=info))
    except ApplicationError as error:
        say("again", error=error.error)
        time.sleep(0.5)
        again()
    if answer["result"] != "SUCCESS":
        say("ended", message=answer["message"])
        os._exit(1)
    live["session"] = session
    device = Device()
    for name in dir(device):
        if not name.startswith("_"):
            await session.register(getattr(device, name), "iotronic.%s.%s.%s" % (details.session, board["uuid"], name))
    say("connected", session=details.session)
    while session.is_attached():
        said = await session.call(board["agent"] + ".stack4things.wamp_alive",
                                  board_uuid=board["uuid"], board_name=board["name"])
        assert isinstance(said, str)
        await asyncio.sleep(ALIVE_S)


@component.on_join
async def joined(session, details):
    try:
        await (connect if registered else register)(session, details)
    except Exception as error:
        say("lost", error=repr(error))


def listen():
    for line in sys.stdin:
        if line.strip() == "drop":
            loop.call_soon_threadsafe(lambda: live["session"]._transport.transport.abort())
    os._exit(0)


threading.Thread(target=listen, daemon=True).start()
component.start(loop)
loop.run_forever()

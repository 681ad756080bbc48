// A plugin of the original on boards of ours: its source as it is, beside what it imports and an entry that runs its `Worker`.

/** The file that is the user's own. */
export const SOURCE_FILE = "original_plugin.py";
/** The file that a board runs. */
export const ENTRY_FILE = "original_entry.py";

const plugin = `import threading


class Plugin(threading.Thread):
    """What plugins of the original are made of: a thread with parameters and, where it is called, a queue for its answer."""

    def __init__(self, uuid, name, q_result=None, params=None):
        threading.Thread.__init__(self, daemon=True)
        self.uuid = uuid
        self.name = name
        self.status = "INJECTED"
        self.setName(name)
        self._is_running = True
        self.params = params
        self.q_result = q_result

    def run(self):
        raise NotImplementedError("run() of the plugin")

    def stop(self):
        self._is_running = False

    def checkStatus(self):
        return self.is_alive()

    def setStatus(self, status):
        self.status = status

    def complete(self, rpc_name, result):
        self.setStatus(result)
        return "%s result for %s: %s" % (rpc_name, self.uuid, result)
`;

const pluginApis = `import json
import urllib.request

_context = None


def getBoardID():
    return _context.board.uuid


def getBoardName():
    return _context.board.name


def getLocation():
    return None


def getBoardGpio():
    return None


def sendRequest(url, action, headers=None, body=None, verbose=False):
    if isinstance(body, (dict, list)):
        body = json.dumps(body)
    data = body.encode() if isinstance(body, str) else body
    request = urllib.request.Request(url, data=data, headers=headers or {}, method=action)
    with urllib.request.urlopen(request) as answer:
        text = answer.read().decode("utf-8", "replace")
    if verbose:
        print(text)
    return text
`;

const log = `def getLogger(name=None):
    import logging

    logging.basicConfig(level=logging.INFO, format="%(message)s")
    return logging.getLogger(name)
`;

const entry = `import importlib.util
import os
import queue
import traceback

from iotronic_lightningrod.modules.plugins import pluginApis

IS_CALLED = __IS_CALLED__


def _source():
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "${SOURCE_FILE}")
    spec = importlib.util.spec_from_file_location("original_plugin", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_module = _source()


class _Ended:
    def __init__(self, error):
        self.error = error


def _run(worker, ended):
    try:
        worker.run()
        ended.put(_Ended(None))
    except BaseException as error:
        traceback.print_exc()
        ended.put(_Ended(error))


def main(params, ctx):
    import threading

    pluginApis._context = ctx
    answers = queue.Queue()
    worker = _module.Worker(
        ctx.board.uuid, "plugin", q_result=answers if IS_CALLED else None, params=params
    )
    ended = answers if IS_CALLED else queue.Queue()
    thread = threading.Thread(target=_run, args=(worker, ended), daemon=True)
    thread.start()
    if IS_CALLED:
        answer = answers.get()
        if isinstance(answer, _Ended):
            if answer.error is not None:
                raise answer.error
            return None
        return answer
    while thread.is_alive() and not ctx.stopping.wait(0.2):
        pass
    worker.stop()
    thread.join(2)
    if not ended.empty():
        last = ended.get()
        if last.error is not None:
            raise last.error
    return None
`;

/** Files of a version, in their order: the source first. */
export const filesOf = (
  source: string,
  callable: boolean,
): readonly (readonly [string, string])[] => [
  [SOURCE_FILE, source],
  [ENTRY_FILE, entry.replace("__IS_CALLED__", callable ? "True" : "False")],
  ["iotronic_lightningrod/__init__.py", ""],
  ["iotronic_lightningrod/modules/__init__.py", ""],
  ["iotronic_lightningrod/modules/plugins/__init__.py", ""],
  ["iotronic_lightningrod/modules/plugins/Plugin.py", plugin],
  ["iotronic_lightningrod/modules/plugins/pluginApis.py", pluginApis],
  ["oslo_log/__init__.py", ""],
  ["oslo_log/log.py", log],
];

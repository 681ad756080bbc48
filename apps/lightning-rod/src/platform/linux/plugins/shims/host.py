# The host program of Python plugins: speaks JSON lines with the agent (3 in, 4 out), loads the plugin when it is told to, and runs
# its main. For every Python from 3.9 on, started without `site`: what is installed on the board is looked for only when an import
# asks for it, so that a plugin of the standard library alone starts in half the time. For the same reason neither `json` nor `os` is
# imported here: what they stand on, `_json` and `posix`, is part of the interpreter; with `json` comes `re`, a third of the start and
# more than a megabyte.
import _thread
import posix
import sys

MAX_RESULT, MAX_STATE, MAX_TEXT, MAX_TRACE, NICE = (int(text) for text in sys.argv[1:6])
# Before any thread, and any code of the plugin, which inherits it and cannot take it back.
posix.nice(NICE)
sys.argv = ["plugin"]
posix.set_inheritable(3, False)
posix.set_inheritable(4, False)
for stream in (sys.stdout, sys.stderr):
    stream.reconfigure(line_buffering=True, encoding="utf-8", errors="replace")



class _Reading:
    """What a reader of JSON takes things for, as `json.JSONDecoder` has it."""

    strict = True
    object_hook = object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = staticmethod(float)
    memo = {}


def _unserializable(value):
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def find_json():
    """`dumps` (no NaN, ASCII) and `loads` of whole texts, of the interpreter's own parts where they are as known."""
    try:
        from _json import encode_basestring_ascii, make_encoder, make_scanner

        scan = make_scanner(_Reading)

        def dumps(value):
            parts = make_encoder(
                {}, _unserializable, encode_basestring_ascii, None, ": ", ", ", False, False, False
            )(value, 0)
            return "".join(parts)

        def loads(text):
            if isinstance(text, bytes):
                text = text.decode()
            text = text.strip()
            try:
                value, end = scan(text, 0)
            except StopIteration as stop:
                raise ValueError(f"no JSON at character {stop.value}") from None
            if end != len(text):
                raise ValueError(f"more than JSON at character {end}")
            return value

        tried = {"a": [1, 2.5, None, True, "\u00e8\n"]}
        if loads(dumps(tried)) == tried and dumps([{}, ()]) == "[{}, []]":
            return dumps, loads
    except (ImportError, TypeError, AttributeError):
        pass
    import json

    return lambda value: json.dumps(value, allow_nan=False), json.loads


dumps, loads = find_json()
_writing = _thread.allocate_lock()


def send_text(text):
    data = (text + "\n").encode("utf-8", "replace")
    with _writing:
        while data:
            data = data[posix.write(4, data):]


def send(message):
    send_text(dumps(message))


class LateSite:
    """Adds what is installed on the board, once, when something was not found without."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if LateSite not in sys.meta_path or path is not None:
            return None
        sys.meta_path.remove(LateSite)
        import site

        site.ENABLE_USER_SITE = False
        site.main()
        import importlib.util

        importlib.invalidate_caches()
        return importlib.util.find_spec(name)


class Log:
    def _at(self, level, parts):
        send({"t": "log", "level": level, "text": " ".join(map(str, parts))[:MAX_TEXT]})

    def debug(self, *parts):
        self._at("debug", parts)

    def info(self, *parts):
        self._at("info", parts)

    def warn(self, *parts):
        self._at("warn", parts)

    warning = warn

    def error(self, *parts):
        self._at("error", parts)


class State:
    """A JSON document in one file, replaced as a whole."""

    def __init__(self, file, log):
        self._file = file
        self._document = {}
        try:
            with open(file, encoding="utf-8") as handle:
                self._document = loads(handle.read())
        except FileNotFoundError:
            pass
        except (OSError, ValueError) as error:
            log.warn(f"The state could not be read: {error}")

    def get(self, key, default=None):
        # A copy: what is changed in it counts only once it is set.
        return loads(dumps(self._document[key])) if key in self._document else default

    def set(self, key, value):
        self._change({**self._document, key: value})

    def delete(self, key):
        self._change({name: value for name, value in self._document.items() if name != key})

    def keys(self):
        return list(self._document)

    def _change(self, document):
        data = dumps(document).encode()
        if len(data) > MAX_STATE:
            raise ValueError(f"The state has more than {MAX_STATE} bytes")
        # Unbuffered: what a full disk refused must not be tried again by closing.
        with open(self._file + ".new", "wb", 0) as handle:
            try:
                rest = data
                while rest:
                    rest = rest[handle.write(rest):]
                posix.fsync(handle.fileno())
            except OSError:
                posix.unlink(self._file + ".new")  # a full disk has room for others again
                raise
        posix.replace(self._file + ".new", self._file)
        self._document = loads(data)


class Stopping:
    """Whether the plugin was asked to end; the two methods of threading.Event that one needs."""

    def __init__(self):
        self._lock = _thread.allocate_lock()
        self._lock.acquire()
        self._set = False
        self.on_set = None

    def is_set(self):
        return self._set

    def wait(self, seconds=None):
        if not self._set and self._lock.acquire(timeout=-1 if seconds is None else max(0, seconds)):
            self._lock.release()
        return self._set

    def set(self):
        if self._set:
            return
        self._set = True
        self._lock.release()
        if self.on_set is not None:
            self.on_set()


class Board:
    def __init__(self, uuid, name):
        self.uuid = uuid
        self.name = name


class Context:
    def __init__(self, log, state, board):
        self.log = log
        self.state = state
        self.board = board
        self.stopping = None

    @staticmethod
    def emit(series, value, unit="1"):
        if not isinstance(series, str) or not isinstance(unit, str):
            raise TypeError("emit(series, value, unit) takes a name, a number and a unit")
        value = float(value)
        if value != value or value in (float("inf"), float("-inf")):
            raise ValueError(f"emit: {series} is not a finite number")
        send({"t": "emit", "series": series, "value": value, "unit": unit})


def failure_of(error):
    try:
        import traceback

        trace = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    except BaseException:  # no memory or no descriptor left to say where
        trace = ""
    return {
        "because": f"{type(error).__name__}: {error}"[:MAX_TEXT],
        "trace": trace[-MAX_TRACE:],
    }


def hold(rlimits):
    """Before any code of the plugin: what is lowered here cannot be raised again."""
    import resource

    for name, value in rlimits.items():
        which = getattr(resource, f"RLIMIT_{name.upper()}")
        hard = resource.getrlimit(which)[1]
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        resource.setrlimit(which, (value, value))


def load(message):
    hold(message["rlimits"])
    folder, entry = message["folder"], message["entry"]
    path = f"{folder}/{entry}"
    sys.path[:] = [path.rpartition("/")[0], folder] + [
        place for place in sys.path if place != __file__.rpartition("/")[0]
    ]
    sys.meta_path.append(LateSite)
    log = Log()
    context = Context(log, State(message["stateFile"], log), Board(**message["board"]))
    # By hand: what the import machinery would bring in for it is a third of an idle plugin's memory.
    module = type(sys)("plugin")
    module.__file__ = path
    sys.modules["plugin"] = module
    with open(path, "rb") as source:
        code = compile(source.read(), path, "exec", dont_inherit=True)
    exec(code, module.__dict__)
    if not callable(getattr(module, "main", None)):
        raise TypeError(f"{entry} has no function main(params, ctx)")
    return module.main, context


def run_coroutine(coroutine, stopping):
    import asyncio

    async def until_stopped():
        task = asyncio.ensure_future(coroutine)
        loop = asyncio.get_running_loop()
        stopping.on_set = lambda: loop.call_soon_threadsafe(task.cancel)
        if stopping.is_set():
            task.cancel()
        try:
            return await task
        except asyncio.CancelledError:
            if stopping.is_set():
                return None
            raise

    return asyncio.run(until_stopped())


def call(main, context, message, stopping):
    number = message["id"]
    context.stopping = stopping
    try:
        result = main(message["params"], context)
        if hasattr(result, "__await__"):
            result = run_coroutine(result, stopping)
    except SystemExit:
        raise
    except BaseException as error:
        send({"t": "failed", "id": number, **failure_of(error)})
        return
    try:
        text = dumps(result)
    except (TypeError, ValueError, RecursionError) as error:
        send({"t": "invalid", "id": number, "because": str(error)[:MAX_TEXT]})
        return
    if len(text) > MAX_RESULT:
        send({"t": "too-large", "id": number, "bytes": len(text)})
        return
    send_text('{"t":"result","id":%d,"result":%s}' % (number, text))


class Inbox:
    """What the agent says, read beside the plugin, so that a cancellation is heard while it works."""

    def __init__(self):
        self._waiting = []
        self._there = _thread.allocate_lock()
        self._there.acquire()
        self._stopping = {}

    def next(self):
        while not self._waiting:
            self._there.acquire()
        return self._waiting.pop(0)

    def stopping_of(self, message):
        return self._stopping[message["id"]]

    def done(self, message):
        self._stopping.pop(message["id"], None)

    def read(self):
        try:
            with open(3, "rb") as lines:
                for line in lines:
                    self._take(loads(line))
        finally:
            # The agent is gone: so is its plugin.
            posix._exit(0)

    def _take(self, message):
        if message["t"] == "cancel":
            stopping = self._stopping.get(message["id"])
            if stopping is not None:
                stopping.set()
            return
        if message["t"] == "call":
            self._stopping[message["id"]] = Stopping()
        self._waiting.append(message)
        if self._there.locked():
            self._there.release()


inbox = Inbox()
_thread.start_new_thread(inbox.read, ())
send({"t": "ready"})
main = context = None
while True:
    message = inbox.next()
    if message["t"] == "load":
        try:
            main, context = load(message)
        except BaseException as error:
            send({"t": "load-failed", **failure_of(error)})
        else:
            send({"t": "loaded"})
    elif message["t"] == "call":
        call(main, context, message, inbox.stopping_of(message))
        inbox.done(message)

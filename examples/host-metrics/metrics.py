# How the machine is: load, memory, disk, time since it started. Called; answers at once, and keeps the values as series.
import os


def memory():
    values = {}
    with open("/proc/meminfo", encoding="ascii") as lines:
        for line in lines:
            name, rest = line.split(":", 1)
            values[name] = int(rest.split()[0]) * 1024
    return values["MemTotal"] - values["MemAvailable"], values["MemTotal"]


def uptime():
    with open("/proc/uptime", encoding="ascii") as text:
        return float(text.read().split()[0])


def main(params, ctx):
    used, total = memory()
    disk = os.statvfs(params["disk"])
    free = disk.f_bavail * disk.f_frsize
    load = os.getloadavg()[0]
    ctx.emit("load", load, "1")
    ctx.emit("memory.used", used, "By")
    ctx.emit("disk.free", free, "By")
    return {
        "load": load,
        "memory": {"usedBytes": used, "totalBytes": total},
        "disk": {"path": params["disk"], "freeBytes": free},
        "uptimeS": uptime(),
    }

# Writes a row of values to a CSV file every so often, and begins a new file when one is full. Where it is, it remembers: after a
# restart it goes on in the same file.
import csv
import glob
import os
import time

HEAD = ["time", "load", "temperature"]


def temperature():
    for path in sorted(glob.glob("/sys/class/thermal/thermal_zone*/temp")):
        try:
            with open(path, encoding="ascii") as text:
                return int(text.read()) / 1000
        except (OSError, ValueError):
            continue  # a sensor that is there and does not answer
    return None


def append(path, row):
    is_new = not os.path.exists(path)
    with open(path, "a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if is_new:
            writer.writerow(HEAD)
        writer.writerow(row)


def main(params, ctx):
    number = ctx.state.get("file", 1)
    rows = ctx.state.get("rows", 0)
    ctx.log.info(f"goes on in file {number} after {rows} rows")
    while not ctx.stopping.is_set():
        if rows >= params["rowsPerFile"]:
            number, rows = number + 1, 0
        heat = temperature()
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        values = [now, f"{os.getloadavg()[0]:.2f}", "" if heat is None else f"{heat:.1f}"]
        append(os.path.join(params["folder"], f"values-{number:05}.csv"), values)
        rows += 1
        ctx.state.set("file", number)
        ctx.state.set("rows", rows)
        ctx.stopping.wait(params["everyS"])

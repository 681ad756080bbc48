import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { findTemperatures, MAX_TEMPERATURES } from "./temperatures.ts";

let sys = "";
beforeEach(() => {
  sys = mkdtempSync(join(tmpdir(), "s4t-sys-"));
});
afterEach(() => rmSync(sys, { recursive: true }));

const has = (files: Readonly<Record<string, string>>): void => {
  for (const [path, text] of Object.entries(files)) {
    const file = join(sys, "class", path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${text}\n`);
  }
};
const names = (): string[] => [...findTemperatures(sys).keys()];

it("a machine without sensors has none", () => {
  expect(names()).toEqual([]);
});

it("thermal zones are named by their kind, a second of one kind by its place", () => {
  has({
    "thermal/thermal_zone0/type": "x86_pkg_temp",
    "thermal/thermal_zone0/temp": "48000",
    "thermal/thermal_zone1/type": "acpitz",
    "thermal/thermal_zone1/temp": "27800",
    "thermal/thermal_zone2/type": "acpitz",
    "thermal/thermal_zone2/temp": "29800",
    "thermal/thermal_zone3/type": "dead", // no file to read
    "thermal/cooling_device0/type": "Processor",
  });
  expect(names()).toEqual(["temperature.x86-pkg-temp", "temperature.acpitz", "temperature.zone2"]);
  expect(findTemperatures(sys).get("temperature.acpitz")).toBe(
    join(sys, "class/thermal/thermal_zone1/temp"),
  );
});

it("chips of hwmon are named by chip and label, and a zone shown as a chip is not measured twice", () => {
  has({
    "thermal/thermal_zone0/type": "cpu-thermal",
    "thermal/thermal_zone0/temp": "51000",
    "hwmon/hwmon0/name": "cpu_thermal",
    "hwmon/hwmon0/temp1_input": "51000",
    "hwmon/hwmon1/name": "nvme",
    "hwmon/hwmon1/temp1_input": "38850",
    "hwmon/hwmon1/temp1_label": "Composite",
    "hwmon/hwmon1/temp2_input": "41000",
    "hwmon/hwmon1/fan1_input": "900",
    "hwmon/hwmon2/name": "nvme",
    "hwmon/hwmon2/temp1_input": "39000",
    "hwmon/hwmon2/temp1_label": "Composite",
  });
  expect(names()).toEqual([
    "temperature.cpu-thermal",
    "temperature.nvme-composite",
    "temperature.nvme-2",
    "temperature.nvme-hwmon2-1",
  ]);
});

it("a server with a sensor a core is measured up to a bound", () => {
  const cores = Array.from({ length: 100 }, (_, i) => [`hwmon/hwmon0/temp${i + 1}_input`, "40000"]);
  has({ "hwmon/hwmon0/name": "coretemp", ...Object.fromEntries(cores) });
  expect(names()).toHaveLength(MAX_TEMPERATURES);
});

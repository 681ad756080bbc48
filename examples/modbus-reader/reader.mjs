// Reads registers of a Modbus device every so often and makes series of them. A device that is away is tried again at the next round.
import { setTimeout as pause } from "node:timers/promises";
import { openModbus } from "./modbus.mjs";

const types = {
  uint16: { count: 1, read: (view) => view.getUint16(0) },
  int16: { count: 1, read: (view) => view.getInt16(0) },
  uint32: { count: 2, read: (view) => view.getUint32(0) },
  float32: { count: 2, read: (view) => view.getFloat32(0) },
};

const round = async (device, registers, emit) => {
  for (const { series, address, type = "uint16", scale = 1, measure = "1" } of registers) {
    const { count, read } = types[type];
    emit(series, read(await device.read(address, count)) * scale, measure);
  }
};

export default async ({ host, port, unit, everyS, registers }, { log, emit, signal }) => {
  let device;
  let isAway = false;
  while (!signal.aborted) {
    try {
      device ??= await openModbus(host, port, unit, signal);
      await round(device, registers, emit);
      if (isAway) log.info("The device answers again");
      isAway = false;
    } catch (error) {
      if (signal.aborted) break;
      device?.close();
      device = undefined;
      if (!isAway) log.warn(`The device cannot be read: ${error.message}`);
      isAway = true;
    }
    await pause(everyS * 1_000, undefined, { signal }).catch(() => {});
  }
  device?.close();
};

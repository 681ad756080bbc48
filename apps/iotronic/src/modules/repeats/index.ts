export { createRepeats } from "./repeats.ts";

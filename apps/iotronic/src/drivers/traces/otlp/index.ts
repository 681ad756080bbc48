export { otlpTraces } from "./otlp.ts";
